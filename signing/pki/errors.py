"""What can go wrong with keys and certificates."""

from core.errors import Conflict, InvalidInput, NotFound, Unavailable


class AuthorityMissing(Unavailable):
    code = "authority_missing"
    zh = "证书机构尚未初始化，无法签署。请管理员先完成系统初始化。"
    en = "The certification authority isn't set up, so nothing can be signed. The operator must run the set-up first."


class CertificateNotFound(NotFound):
    code = "certificate_not_found"
    zh = "找不到该证书。请检查编号或文件名。"
    en = "There is no such certificate. Check the id or the file name."


class CertificateExpired(Unavailable):
    code = "certificate_expired"
    zh = "平台证书已于 {not_after} 到期，未作签署。请管理员重新执行系统初始化以续期。"
    en = "A certificate of the platform expired at {not_after}; nothing was signed. The operator must run the set-up."


class SigningWindowOver(Conflict):
    code = "signing_window_over"
    zh = "本次签署的密钥已于 {ended_at} 失效，未作签署。请重新签署。"
    en = "The key for this signature could be used until {ended_at}; nothing was signed. Sign again."


class CertificateRevoked(Conflict):
    code = "certificate_revoked"
    zh = "签署证书已被吊销，未作签署。请联系管理员。"
    en = "The signing certificate has been revoked; nothing was signed. Tell the operator."


class KeyUnsuitable(InvalidInput):
    code = "key_unsuitable"
    zh = "该密钥不能用于签署：只支持 P-256、P-384 椭圆曲线密钥和 2048 位及以上的 RSA 密钥。请换用其他证书。"
    en = "This key can't sign here: use an elliptic-curve key on P-256 or P-384, or an RSA key of 2048 bits or more."


class KeyUnavailable(Unavailable):
    code = "key_unavailable"
    zh = "密码设备没有应答（{why}），未作签署。请检查设备与口令后重试。"
    en = "The cryptographic token doesn't answer ({why}); nothing was signed. Check the device and its PIN, then retry."


class CredentialOutdated(Conflict):
    code = "credential_outdated"
    zh = "证书有效期为 {not_before} 至 {not_after}，现在不能用于签署。请换用有效的证书。"
    en = "The certificate is valid from {not_before} to {not_after}, not now; nothing was signed. Use a valid one."


class PKCS12Unreadable(InvalidInput):
    code = "pkcs12_unreadable"
    zh = "文件不是 PKCS #12（.p12 或 .pfx）证书文件，或已损坏。请重新导出证书。"
    en = "The file isn't a PKCS #12 file (.p12, .pfx), or it is damaged. Export the certificate again."


class PassphraseWrong(InvalidInput):
    code = "passphrase_wrong"
    zh = "证书文件的口令不正确。请核对后重试。"
    en = "The passphrase of the certificate file is wrong. Check it and try again."


class PKCS12WithoutKey(InvalidInput):
    code = "pkcs12_without_key"
    zh = "证书文件中没有私钥或没有对应的证书，不能用于签署。请连同私钥一起导出。"
    en = "The certificate file has no private key, or no certificate for it. Export it together with the key."


class TokenKeyMissing(InvalidInput):
    code = "token_key_missing"
    zh = "密码设备中没有唯一的对应{what}。请核对标签与编号。"
    en = "The cryptographic token has no such {what}, or more than one. Check label and id."


class KeyMismatch(InvalidInput):
    code = "key_mismatch"
    zh = "私钥与证书不是一对，不能用于签署。请核对证书文件与密钥。"
    en = "Private key and certificate don't belong together. Check which certificate was given for the key."


class RootNotRevocable(Conflict):
    code = "root_not_revocable"
    zh = "根证书不能吊销：信任它的人须将其移出信任列表。未作任何更改。"
    en = "A root can't be revoked: whoever trusts it must take it off their list. Nothing was changed."


class ReasonMisfits(InvalidInput):
    code = "revocation_reason_misfits"
    zh = "吊销原因 {reason} 不适用于此类证书（{kind}）；未作任何更改。请改选其他原因。"
    en = "The reason {reason} isn't one for this kind of certificate ({kind}); nothing was changed. Choose another."


class InvalidityDateMisfits(InvalidInput):
    code = "invalidity_date_misfits"
    zh = "失密时间只能在密钥失密时填写，且须在 {earliest} 与 {latest} 之间；未作任何更改。"
    en = "Since when a key was compromised is told for compromises only, between {earliest} and {latest}."
