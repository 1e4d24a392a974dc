"""Credit: an order that waits is judged anew, and a release is written down."""

from __future__ import annotations

from temporalio import activity

from activities.steps import once
from database import credit_releases
from database.engine import Database
from domain.credit import CreditJudged
from domain.credit_steps import CheckCredit, RecordCreditRelease
from domain.steps import Recorded


class CreditActivities:
    def __init__(self, database: Database) -> None:
        self.database = database

    @activity.defn
    async def check_credit(self, request: CheckCredit) -> CreditJudged:
        """Judge an order that waits for credit once more."""
        return await once(self.database, request, CreditJudged, credit_releases.check_credit)

    @activity.defn
    async def record_credit_release(self, request: RecordCreditRelease) -> Recorded:
        """Let an order pass the credit stops for a time."""
        return await once(self.database, request, Recorded, credit_releases.record_credit_release)
