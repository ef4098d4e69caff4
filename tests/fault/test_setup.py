"""Set-up and the embedded parts, killed half-way: the same command again brings them to the end."""

import multiprocessing
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import psycopg
import pytest
from sqlalchemy import Engine, create_engine, func, inspect, select, text

from app.composition import EmbeddedClockControl, build
from app.embedded import OWNER_ROLE, SERVICE_ROLE, EmbeddedChain, EmbeddedPostgres
from app.migrate import migrate
from app.models import Base, append_only_tables
from app.settings import Settings
from app.up import Options, Stack
from core.clock import ShiftedClock
from core.rpc import RPCError, json_rpc
from core.unit_of_work import UnitOfWorkFactory
from ledger.models import LogKey
from signing.pki.models import Authority, Certificate
from tests.support import app as office
from tests.support.anchors import AnchoredLedger
from tests.support.victims import PATIENCE_SECONDS, bootstrap, initialise_postgres, kill, migrate_halfway
