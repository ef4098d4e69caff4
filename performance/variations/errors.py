"""What can go wrong with variations and their amendments."""

from core.errors import Conflict, InvalidInput, NotFound


class VariationEmpty(InvalidInput):
    code = "variation_empty"
    zh = "变更内容与现状相同或为空。请填写新的到期日、金额或数量。"
    en = "The variation changes nothing. Give a new due date, amount or quantity."


class VariationStateForbids(Conflict):
    code = "variation_state_forbids"
    zh = "该变更处于“{state}”状态，不能进行“{change}”。变更须先由双方就内容达成一致，再签订变更协议。"
    en = "The variation is {state}; {change} isn't possible. Both sides agree on its terms, then sign an amendment."


class AmendmentUnsigned(Conflict):
    code = "amendment_unsigned"
    zh = "变更协议未经 {absent} 有效签署，变更不生效。请由合同各方签署后再提交。"
    en = "The amendment isn't validly signed by {absent}, so nothing changes. Have all parties of the contract sign it."


class AmendmentInvalid(Conflict):
    code = "amendment_invalid"
    zh = "该 PDF 的签名未通过验证：{reason_zh} 变更不生效。请提交双方有效签署的变更协议。"
    en = "The signatures of that PDF don't hold: {reason} Nothing changes. Hand in an amendment both sides signed."


class AmendmentTaken(Conflict):
    code = "amendment_taken"
    zh = "该签署信封已用于合同登记，或为测试、解除用途，不能作为变更协议。请新建信封。"
    en = "That envelope registers a contract, is a test, or rescinds one; it can't be an amendment. Make a new one."


class VariationOfOther(NotFound):
    code = "amendment_envelope_not_found"
    zh = "找不到该变更协议的签署信封。请以本单位身份新建信封，并在签署完成前关联。"
    en = "There is no such envelope of your organisation. Make one, and attach it before it is completed."
