"""Risk review 合同风险审查 (R5): rules over a contract's text, and a draft of its entry in the register."""
