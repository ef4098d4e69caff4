"""What can keep a checkpoint from being anchored. None of these stops anything but anchoring."""

from core.errors import Conflict


class AnchoringError(Conflict):
    """The base of what an operator must look at; `AnchorService.status` shows it. Nothing was sent."""


class WrongChain(AnchoringError):
    code = "wrong_chain"
    zh = "节点 {url} 的链 ID 是 {found}，配置为 {expected}。未发送任何交易，请核对节点地址。"
    en = "The node {url} is on chain {found}, the settings say {expected}. Nothing was sent; check the node's address."


class WrongContract(AnchoringError):
    code = "wrong_contract"
    zh = "链 {chain_id} 上 {contract} 的代码不是 EvidenceAnchor。未发送锚定，请核对合约地址。"
    en = "On chain {chain_id} the code at {contract} isn't EvidenceAnchor. Nothing was anchored; check the address."


class ForeignWriter(AnchoringError):
    code = "foreign_writer"
    zh = "链 {chain_id} 上本日志的写入者是 {found}，不是本系统的 {expected}。未发送锚定，请核对密钥。"
    en = "On chain {chain_id} the log's writer is {found}, not our {expected}. Nothing was anchored; check the key."


class ChainContradictsLog(AnchoringError):
    code = "chain_contradicts_log"
    zh = "链 {chain_id} 上大小为 {size} 的根与本地日志不符。已停止锚定，请立即检查日志与备份。"
    en = "The root at size {size} on chain {chain_id} isn't our log's. Anchoring stopped; check log and backups now."


class NonceGap(AnchoringError):
    code = "nonce_gap"
    zh = "链 {chain_id} 期待序号 {expected} 的交易，本系统最早保存的是 {found}。无法补发，请检查节点与密钥。"
    en = "Chain {chain_id} expects nonce {expected}; our oldest transaction has {found}. Check the node and the key."


class TransactionRefused(AnchoringError):
    code = "transaction_refused"
    zh = "链 {chain_id} 拒绝交易：{reason}。系统将重试，持续出现请检查账户余额与节点。"
    en = "Chain {chain_id} refuses the transaction: {reason}. It will be tried again; check balance and node."


class LowBalance(AnchoringError):
    code = "low_balance"
    zh = "锚定账户 {address} 在链 {chain_id} 上余额仅 {balance_wei} wei，低于 {threshold_wei} wei。请充值。"
    en = "The anchoring account {address} has {balance_wei} wei on chain {chain_id}, below {threshold_wei}. Fund it."


class ProofMismatch(AnchoringError):
    code = "anchor_proof_mismatch"
    zh = "链 {chain_id} 第 {block_number} 块的证明无法复算：{reason}。锚定暂不作为最终，请检查节点。"
    en = "The proof from block {block_number} of chain {chain_id} doesn't add up: {reason}. The anchor isn't final."
