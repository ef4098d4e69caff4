"""Pure decisions of accounts."""

from accounts.policy import masked_phone


def test_phones_are_masked() -> None:
    assert masked_phone("13812340001") == "138****0001"
    assert masked_phone("+8613812340001") == "+86138****0001"
    assert masked_phone("0912388") == "****2388"
