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
