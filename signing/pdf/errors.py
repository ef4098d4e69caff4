"""Why a PDF can't be signed."""

from core.errors import Conflict, DingyueError, InvalidInput, TooLarge, Unavailable


class DocumentRefused(InvalidInput):
    """The base of every reason to refuse an upload; never raised itself."""


class NotAPDF(DocumentRefused):
    code = "not_a_pdf"
    zh = "上传的文件不是 PDF。请上传 PDF 文件。"
    en = "The file isn't a PDF. Upload a PDF."


class EmptyFile(DocumentRefused):
    code = "empty_file"
    zh = "上传的文件是空的（0 字节）。请重新选择文件。"
    en = "The file is empty (0 bytes). Choose the file again."


class EncryptedPDF(DocumentRefused):
    code = "encrypted_pdf"
    zh = "PDF 已加密或设有权限密码，无法签署。请取消加密后重新上传。"
    en = "The PDF is encrypted or has a permissions password and can't be signed. Remove it and upload again."


class BrokenPDF(DocumentRefused):
    code = "broken_pdf"
    zh = "PDF 已损坏或不完整（{why}）。请重新导出后上传。"
    en = "The PDF is damaged or incomplete ({why}). Export it again and upload."


class XFAForm(DocumentRefused):
    code = "xfa_form"
    zh = "PDF 含有 XFA 动态表单，各方看到的内容可能不同。请打印为普通 PDF 后上传。"
    en = "The PDF has an XFA form, which may show different content to different readers. Print it to a plain PDF."


class ActiveContent(DocumentRefused):
    code = "active_content"
    zh = "PDF 含有可执行或多媒体内容（{what}），可能在签署后改变所见内容。请打印为普通 PDF 后上传。"
    en = "The PDF has active content ({what}) that could change what is seen after signing. Print it to a plain PDF."


class EmbeddedFiles(DocumentRefused):
    code = "embedded_files"
    zh = "PDF 内嵌有其他文件，签署方看不到其内容。请删除附件，或将其作为独立文件签署。"
    en = "The PDF carries other files, which signers would not see. Remove them, or have them signed separately."


class HiddenLayers(DocumentRefused):
    code = "hidden_layers"
    zh = "PDF 含有可切换的图层，签署后所见内容可能改变。请合并图层后上传。"
    en = "The PDF has layers that can be switched on and off after signing. Flatten them and upload again."


class AlreadySigned(DocumentRefused):
    code = "document_already_signed"
    zh = "PDF 已含有电子签名，再次处理会破坏原签名。请上传未签名的版本。"
    en = "The PDF has signatures already, which preparing it would break. Upload the unsigned version."


class TooManyPages(DocumentRefused):
    code = "too_many_pages"
    zh = "PDF 有 {pages} 页，超过上限 {limit} 页。请拆分后上传。"
    en = "The PDF has {pages} pages; at most {limit} are allowed. Split it."


class TooManyObjects(DocumentRefused):
    code = "too_many_objects"
    zh = "PDF 含有 {objects} 个对象，超过上限 {limit}。请简化后上传。"
    en = "The PDF has {objects} objects; at most {limit} are allowed. Simplify it."


class DecompressionBomb(DocumentRefused):
    code = "decompression_bomb"
    zh = "PDF 解压后超过 {limit_megabytes} MB，已拒绝处理。请降低图像尺寸后重新导出。"
    en = "The PDF unpacks to more than {limit_megabytes} MB and was refused. Export it with smaller images."


class OverlappingFields(DocumentRefused):
    code = "overlapping_fields"
    zh = "PDF 第 {page} 页有相互遮盖或超出页面的表单域，各方看到的内容可能不同。请打印为普通 PDF 后上传。"
    en = "Page {page} has form fields that cover each other or the page, and may hide content. Print it to a plain PDF."


class ConflictingFields(DocumentRefused):
    code = "conflicting_fields"
    zh = "PDF 有多个同名但取值不同的表单域（{field}），无法确定以哪个为准。请打印为普通 PDF 后上传。"
    en = "The PDF has several form fields named {field} with different values. Print it to a plain PDF."


class AppearanceMissing(DocumentRefused):
    code = "appearance_missing"
    zh = "PDF 第 {page} 页的{what_zh}没有固定外观，不同软件会显示成不同样子。请打印为普通 PDF 后上传。"
    en = "Page {page} has a {what} without a fixed look; programs would show it differently. Print it to a plain PDF."


class HiddenContent(DocumentRefused):
    code = "hidden_content"
    zh = "PDF 含有只在打印时或特定情况下才显示的内容（{what}），各方看到的可能不同。请打印为普通 PDF 后上传。"
    en = "The PDF has content shown only in print or at certain moments ({what}). Print it to a plain PDF."


class ExternalContent(DocumentRefused):
    code = "external_content"
    zh = "PDF 引用了文件之外的内容（{what}），签署后可能改变。请嵌入全部内容后重新导出。"
    en = "The PDF refers to content outside of it ({what}), which could change later. Export it with all its content."


class DocumentTooComplex(DocumentRefused):
    code = "document_too_complex"
    zh = "PDF 结构过于复杂（{what}），无法安全读取。请打印为普通 PDF 后上传。"
    en = "The PDF is too complex to be read safely ({what}). Print it to a plain PDF."


class ScreeningTimedOut(DocumentRefused):
    code = "screening_timed_out"
    zh = "PDF 在 {seconds} 秒内未能读完，已停止处理。请打印为普通 PDF，或拆分后上传。"
    en = "The PDF couldn't be read within {seconds} seconds and was given up. Print it to a plain PDF, or split it."


class FileTooLarge(TooLarge):
    code = "file_too_large"
    zh = "文件大小 {megabytes} MB，超过上限 {limit_megabytes} MB。请压缩后上传。"
    en = "The file has {megabytes} MB; at most {limit_megabytes} MB are allowed. Make it smaller."


class FieldMisplaced(InvalidInput):
    code = "field_misplaced"
    zh = "域 {field} 不在第 {page} 页之内。请调整位置。"
    en = "The field {field} doesn't fit on page {page}. Move it."


class CrossPageSealImpossible(InvalidInput):
    code = "cross_page_seal_impossible"
    zh = "骑缝章 {field} 从第 {page} 页起盖，而文件共 {pages} 页，没有页缝可盖。请改从更靠前的页起盖，或改用普通印章。"
    en = (
        "The cross-page seal {field} starts at page {page} of {pages}: there is no edge between pages to seal. "
        "Start it earlier; a document of one page takes an ordinary seal."
    )


class PictureRefused(InvalidInput):
    """The base of every reason to refuse the picture of a signature or a seal; never raised itself."""


class PictureNotPNG(PictureRefused):
    code = "picture_not_png"
    zh = "图片不是 PNG 格式。请上传 8 位 PNG 图片（建议透明背景）。"
    en = "The picture isn't a PNG. Upload an 8-bit PNG, best with a transparent background."


class PictureTooLarge(PictureRefused):
    code = "picture_too_large"
    zh = "图片过大：上限为 {limit_kilobytes} KB、{limit_megapixels} 百万像素。请缩小后上传。"
    en = "The picture is too large: at most {limit_kilobytes} KB and {limit_megapixels} megapixels. Make it smaller."


class PictureBroken(PictureRefused):
    code = "picture_broken"
    zh = "PNG 图片已损坏或是动画（{why}）。请重新导出为普通 PNG 后上传。"
    en = "The PNG is damaged or animated ({why}). Export it as a plain PNG again."


class PictureEmpty(PictureRefused):
    code = "picture_empty"
    zh = "图片是空白的，没有任何可见内容。请重新绘制或选择其他图片。"
    en = "The picture is blank. Draw again or choose another one."


class SignatureTooSimple(PictureRefused):
    code = "signature_too_simple"
    zh = "手写签名过于简单（空白、一个点或一条线），难以辨认本人笔迹。请完整书写姓名后重试。"
    en = "The signature is too simple (blank, a dot or a single line) to tell whose hand it is. Write your full name."


class SignatureFieldTaken(Conflict):
    code = "signature_field_taken"
    zh = "签名域 {field} 不存在或已签署，未作签署。请刷新后查看。"
    en = "The signature field {field} is missing or signed already; nothing was signed. Reload and look again."


class SealingNotReady(Unavailable):
    code = "sealing_not_ready"
    zh = "平台目前无法完成最终盖章（{why_zh}），文件未发送。请稍后重试，或查看运行状态页。"
    en = "The platform couldn't seal right now ({why_en}), so nothing was sent. Try later; see the status page."


class SignatureBroken(DingyueError):
    code = "signature_broken"
    zh = "签署后的文件未通过校验（{why}），结果已丢弃，原文件未受影响。请联系管理员。"
    en = "The signed file didn't validate ({why}); it was thrown away and the document is unchanged. Tell the operator."


class ChangesForbidden(Conflict):
    code = "changes_forbidden"
    zh = "该 PDF 的首个签名已作认证，不允许新增签名域。请签署其中预留的空白签名域，或未认证的版本。"
    en = "The PDF's first signature certifies it and allows no new field. Sign one it has, or another version."


class CertificationTooLate(Conflict):
    code = "certification_too_late"
    zh = "只有文件的首个签名可以认证定稿，该 PDF 已有签名。请不加定稿选项签署。"
    en = "Only a file's first signature can certify it as final, and this PDF has one. Sign without that option."


class CertificateUnsuitable(InvalidInput):
    code = "certificate_unsuitable"
    zh = "该证书不能用于签署（{why}）。请换用有效的签名证书。"
    en = "This certificate can't sign documents ({why}). Use a valid signing certificate."


class RemoteSignatureInvalid(InvalidInput):
    code = "remote_signature_invalid"
    zh = "外部生成的签名不成立（{why}），未写入文件。请对所给摘要重新签名。"
    en = "The signature made elsewhere doesn't hold ({why}); the document is unchanged. Sign the given digest again."


class RevocationUnknown(InvalidInput):
    code = "revocation_unknown"
    zh = "无法取得证书“{subject}”的吊销信息，不能达到 B-LT 以上级别。请提供 CRL 文件、允许联网，或改用 B-T 级别。"
    en = "Nothing says if “{subject}” is revoked, which B-LT and B-LTA need. Give CRL files, go online, or use B-T."


class SignerRevoked(Conflict):
    code = "signer_revoked"
    zh = "证书“{subject}”已被吊销，未作签署。请换用有效的证书。"
    en = "The certificate “{subject}” has been revoked; nothing was signed. Use a valid one."
