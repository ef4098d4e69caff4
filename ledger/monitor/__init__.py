"""The monitor: follows a log and the chains it is anchored on from outside, and remembers what they said.

It is for somebody who isn't the platform, so it needs nothing of it: a trust file, the log's address and a node. It
reads what everybody can read, keeps its state in a folder of its own, and knows no database. Read it in this order:

    frontier.py        what must be remembered of a tree to go on from where one was
    extension.py       whether one checkpoint extends another, as the log's tiles show it
    misbehaviour.py    two statements that contradict each other, as a file that anybody can check
    alarms.py          what can be wrong, in words, and what is remembered of it
    archive.py         every checkpoint that was seen, in one file that only grows
    state.py           how far everything was followed; survives a kill -9
    http_log.py        reads a log by C2SP tlog-tiles
    follow_log.py      (1) the checkpoint's signature (2) it extends the last one (3) the entries lead to its root
    evm_node.py        reads the contract's events from a node
    follow_chain.py    (4) code, writers and blocks are those trusted (5) every anchor follows the one before
    anchored_roots.py  (6) what is anchored is the log's root at that size
    round.py           what the steps of one pass share
    report.py          what a pass found, for people and programs
    watching.py        one pass: all of it, in order
    webhook.py         tells somebody of an alarm, until they have heard it

A log or a node that doesn't answer is *unknown*, never an alarm: an alarm says that two statements differ.
"""
