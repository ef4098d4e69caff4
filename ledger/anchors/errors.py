"""What can keep a checkpoint from being anchored. None of these stops anything but anchoring."""

from core.errors import Conflict, NotFound


class UnknownChain(NotFound):
    code = "unknown_chain"
    zh = "设置中没有链 ID 为 {chain_id} 的链。请核对链 ID。"
    en = "The settings name no chain {chain_id}. Check the id."


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


class TransactionRefused(AnchoringError):
    code = "transaction_refused"
    zh = "链 {chain_id} 拒绝交易：{reason}。系统将重试，持续出现请检查账户余额与节点。"
    en = "Chain {chain_id} refuses the transaction: {reason}. It will be tried again; check balance and node."


class LowBalance(AnchoringError):
    code = "low_balance"
    zh = "锚定账户 {address} 在链 {chain_id} 上余额仅 {balance_wei} wei，低于 {threshold_wei} wei。请充值。"
    en = "The anchoring account {address} has {balance_wei} wei on chain {chain_id}, below {threshold_wei}. Fund it."


class WriterOutOfFunds(AnchoringError):
    code = "anchor_writer_out_of_funds"
    zh = "锚定账户 {address} 在链 {chain_id} 上余额 {balance_wei} wei，下一笔交易需 {needed_wei}。锚定暂停，请充值。"
    en = "The account {address} has {balance_wei} wei on chain {chain_id}; anchoring waits for {needed_wei}. Fund it."


class FeeCeilingReached(AnchoringError):
    code = "anchor_fee_ceiling"
    zh = "链 {chain_id} 每单位燃料要价 {asked_wei} wei，高于上限 {ceiling_wei} wei。交易继续等待，可提高上限。"
    en = "Chain {chain_id} asks {asked_wei} wei per gas, over the ceiling of {ceiling_wei}. Wait, or raise the ceiling."


class QuorumMissing(AnchoringError):
    code = "anchor_quorum_missing"
    zh = "链 {chain_id} 的区块没有足够的验证者签名：{reason}。锚定暂不作为最终，请核对验证者名单与节点。"
    en = "Blocks of chain {chain_id} lack seals: {reason}. Anchors wait; check the list of validators and the node."


class NodeUnintelligible(AnchoringError):
    code = "chain_node_unintelligible"
    zh = "链 {chain_id} 的节点给出的应答无法理解，锚定将推迟。请检查节点及其版本。"
    en = "The node of chain {chain_id} gives answers that make no sense; anchoring waits. Check the node."


class ProofMismatch(AnchoringError):
    code = "anchor_proof_mismatch"
    zh = "链 {chain_id} 第 {block_number} 块的证明无法复算：{reason}。锚定暂不作为最终，请检查节点。"
    en = "The proof from block {block_number} of chain {chain_id} doesn't add up: {reason}. The anchor isn't final."
