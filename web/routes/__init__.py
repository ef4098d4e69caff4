"""The pages, a module for each thing a person does."""

from fastapi import APIRouter

from web.routes import (
    contracts,
    credit,
    envelopes,
    home,
    messages,
    new_contract,
    obligations,
    receipt,
    seals,
    signing,
    status,
    verify,
)

# The first route that fits is taken: `/contracts/new` must come before `/contracts/{contract_id}`.
ROUTERS: tuple[APIRouter, ...] = (
    home.router,
    new_contract.router,
    contracts.router,
    envelopes.router,
    obligations.router,
    seals.router,
    signing.router,
    receipt.router,
    verify.router,
    status.router,
    credit.router,
    messages.router,
)
