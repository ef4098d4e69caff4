"""What can keep a package from being made, beside the ledger's own errors."""

from core.errors import DingyueError


class PackageRefused(DingyueError):
    code = "package_refused"
    zh = "刚生成的证据包未通过自检（第 {number} 项：{reason_zh}），未予出具。请联系管理员检查存储与日志。"
    en = "The package just made fails its own check {number} ({reason_en}) and wasn't handed out. Tell the operator."
