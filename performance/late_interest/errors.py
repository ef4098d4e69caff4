"""What can go wrong with rates of late interest."""

from core.errors import DingyueError, InvalidInput


class RateInvalid(InvalidInput):
    code = "late_interest_rate_invalid"
    zh = "逾期利率“{given}”无效：年利率须大于 0、不超过 1（100%），日利率不超过 0.01，LPR 倍数不超过 4。请更正。"
    en = (
        "The rate of late interest {given} doesn't work: a yearly rate is above 0 and at most 1 (100 %), a daily one at"
        " most 0.01, a multiple of the LPR at most 4. Correct it."
    )


class RateTableInvalid(DingyueError):
    code = "rate_table_invalid"
    zh = "利率文件 {file} 无效：{reason}。请由管理员更正。"
    en = "The table of rates {file} is invalid: {reason}. The operator must mend it."


class RateUnknown(InvalidInput):
    code = "rate_unknown"
    zh = "利率表 {table} 没有 {day} 的利率（最早 {first}）。请由管理员补充该表，系统不作推测。"
    en = "The table {table} has no rate for {day} (it starts on {first}). The operator adds it; nothing is guessed."
