"""What it may cost in a month: told by mail when it is going to be more, and when it is."""

from __future__ import annotations

from aws_cdk import aws_budgets as budgets
from constructs import Construct

from deploy.aws.configuration import Environment

Budget = budgets.CfnBudget
# In percent: what the month will come to by Cost Explorer's forecast, and what it has come to.
TOLD = (("FORECASTED", 80), ("ACTUAL", 100))


def budget(scope: Construct, environment: Environment) -> None:
    """Where data is kept, of all that the account spends: what nobody thought of is seen too.

    Short-lived environments share an account, so each is counted by its tag; AWS counts by tag once
    that is switched on for the account (docs/runbook.md#budget).
    """
    Budget(
        scope,
        "Budget",
        budget=Budget.BudgetDataProperty(
            budget_name=environment.stack("budget"),
            budget_type="COST",
            time_unit="MONTHLY",
            budget_limit=Budget.SpendProperty(
                amount=environment.alerts.monthly_budget_usd, unit="USD"
            ),
            cost_filters=(
                None
                if environment.keeps_data
                else {"TagKeyValue": [f"user:environment${environment.name}"]}
            ),
        ),
        notifications_with_subscribers=[
            Budget.NotificationWithSubscribersProperty(
                notification=Budget.NotificationProperty(
                    notification_type=kind,
                    comparison_operator="GREATER_THAN",
                    threshold=percent,
                    threshold_type="PERCENTAGE",
                ),
                subscribers=[
                    Budget.SubscriberProperty(
                        subscription_type="EMAIL", address=environment.alerts.email
                    )
                ],
            )
            for kind, percent in TOLD
        ],
    )
