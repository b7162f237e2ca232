"""The public Python SDK, unmodified, against a running Tessera: the quick start of its own README, the way of a breaking
change, and every one of its methods, with the synchronous and the asynchronous client.

    pip install -r tests/sdk/requirements.txt
    TESSERA_URL=http://127.0.0.1:8010/sdk python tests/sdk/walk.py

With authentication on, TESSERA_KEY is an administrator's key. Names carry a random part, so that it can run again and
again against the same server. Prints one line for each part and exits 0, or fails with what differed.
"""

from __future__ import annotations

import asyncio
import contextlib
import importlib.metadata
import inspect
import io
import os
import re
import sys
import uuid

import tessera_sdk
from tessera_sdk import AsyncTesseraClient, TesseraClient
from tessera_sdk.http import ConflictError, NotFoundError, TesseraError, ValidationError
from tessera_sdk.models import (
    AcknowledgmentResponseType,
    CompatibilityMode,
    ContractStatus,
    DependencyType,
    ProposalStatus,
    RegistrationStatus,
)

RESOURCES = ("teams", "assets", "contracts", "registrations", "proposals")
NIL = uuid.UUID(int=0)


def fields(**kinds: str) -> dict:
    return {"type": "object", "properties": {name: {"type": kind} for name, kind in kinds.items()}}


ONE = fields(id="integer", name="string", email="string")
COMPATIBLE = fields(id="integer", name="string", email="string", city="string")
BREAKING = fields(id="integer", name="string", city="string")


class Walk:
    """Calls a client of either kind, and remembers which methods were called."""

    def __init__(self, client: object, tag: str) -> None:
        self.client = client
        self.tag = f"{tag}-{uuid.uuid4().hex[:8]}"
        self.called: set[str] = set()

    async def __call__(self, method: str, *args: object, **kwargs: object):
        self.called.add(method)
        target = self.client
        for part in method.split("."):
            target = getattr(target, part)
        result = target(*args, **kwargs)
        return await result if inspect.isawaitable(result) else result

    async def fails(self, kind: type[TesseraError], status: int, method: str, *args: object, **kwargs: object) -> None:
        try:
            await self(method, *args, **kwargs)
        except kind as error:
            assert error.status_code == status, (method, error.status_code, error.message)
            assert isinstance(error.message, str) and error.message, error.response_body
            assert error.response_body["error"]["request_id"], error.response_body
        else:
            raise AssertionError(f"{method} did not fail")


def methods_of_the_sdk() -> set[str]:
    def public(kind: type) -> list[str]:
        return [name for name, _ in inspect.getmembers(kind, inspect.isfunction) if not name.startswith("_")]

    client = TesseraClient(base_url="http://unused.invalid")
    names = {name for name in public(TesseraClient) if name != "close"}
    for resource in RESOURCES:
        names |= {f"{resource}.{name}" for name in public(type(getattr(client, resource)))}
    return names


async def basics(call: Walk) -> dict:
    """Health, teams, assets, errors."""
    assert (await call("health"))["status"] == "healthy"
    assert (await call("health_ready"))["status"] == "ready"

    producer = await call("teams.create", name=f"producer {call.tag}", metadata={"tier": 1})
    assert producer.metadata == {"tier": 1}
    consumer = await call("teams.create", name=f"consumer {call.tag}")
    other = await call("teams.create", name=f"other {call.tag}")
    assert (await call("teams.get", producer.id)) == producer
    updated = await call("teams.update", other.id, metadata={"a": "b"})
    assert (updated.name, updated.metadata) == (other.name, {"a": "b"})
    page = await call("teams.list", limit=100)
    assert isinstance(page, list) and len(page) >= 3
    assert len(await call("teams.list", limit=1, offset=1)) == 1

    fqn = f"warehouse.analytics.customers_{call.tag.replace('-', '_')}"
    asset = await call("assets.create", fqn=fqn, owner_team_id=producer.id, metadata={"pii": True})
    assert (asset.fqn, asset.owner_team_id, asset.metadata["pii"]) == (fqn, producer.id, True)
    report = await call("assets.create", fqn=f"{fqn}_report", owner_team_id=consumer.id)
    assert (await call("assets.get", asset.id)) == asset
    changed = await call("assets.update", asset.id, metadata={"pii": False})
    assert changed.metadata["pii"] is False and changed.owner_team_id == producer.id
    owned = await call("assets.list", owner_team_id=producer.id)
    assert [a.id for a in owned] == [asset.id], "the owner's filter is not ignored"
    found = await call("assets.search", q=f"customers_{call.tag.replace('-', '_')}")
    assert {a.id for a in found} == {asset.id, report.id}

    await call.fails(ConflictError, 409, "teams.create", name=f"producer {call.tag}")
    await call.fails(NotFoundError, 404, "teams.get", "non-existent-id")
    await call.fails(NotFoundError, 404, "assets.get", uuid.uuid4())
    await call.fails(ValidationError, 422, "contracts.get", "7")
    await call.fails(ValidationError, 422, "teams.list", limit=1000)
    return {"producer": producer, "consumer": consumer, "other": other, "asset": asset, "report": report}


async def contracts(call: Walk, world: dict) -> None:
    """Publishing, differences, impact, lineage, dependencies, registrations."""
    asset, report = world["asset"], world["report"]
    dry = await call("assets.publish_contract", asset.id, schema=ONE, version="1.0.0", dry_run=True)
    assert dry.message and await call("assets.list_contracts", asset.id) == [], "a dry run stores nothing"
    first = await call("assets.publish_contract", asset.id, schema=ONE, version="1.0.0", published_by=world["producer"].id)
    assert first.contract and first.contract.version == "1.0.0" and first.proposal is None, first
    assert first.contract.schema_def == ONE and first.contract.published_by == world["producer"].id
    assert first.contract.compatibility_mode is CompatibilityMode.BACKWARD

    registration = await call("registrations.create", first.contract.id, world["consumer"].id, pinned_version="1.0.0")
    assert registration.contract_id == first.contract.id and registration.pinned_version == "1.0.0"

    second = await call("assets.publish_contract", asset.id, schema=COMPATIBLE, version="1.1.0")
    assert second.contract and second.contract.version == "1.1.0", second
    assert (await call("contracts.get", second.contract.id)).schema_def == COMPATIBLE
    assert [c.version for c in await call("assets.list_contracts", asset.id)] == ["1.1.0", "1.0.0"]
    active = await call("assets.list_contracts", asset.id, status=ContractStatus.ACTIVE)
    assert [c.version for c in active] == ["1.1.0"]
    assert [c.version for c in await call("contracts.list", asset_id=asset.id, status=ContractStatus.DEPRECATED)] == ["1.0.0"]
    history = await call("assets.get_contract_history", asset.id, limit=10)
    assert [c["version"] for c in history["contracts"]] == ["1.1.0", "1.0.0"], history
    diff = await call("assets.diff_contracts", asset.id, "1.0.0", "1.1.0")
    assert (diff.change_type.value, diff.breaking_changes, len(diff.all_changes)) == ("minor", [], 1), diff

    registrations = await call("contracts.get_registrations", second.contract.id)
    assert [r.id for r in registrations] == [registration.id], "a compatible publish keeps its consumers"
    assert (await call("registrations.get", registration.id)) == registration
    migrating = await call("registrations.update", registration.id, status=RegistrationStatus.MIGRATING)
    assert migrating.status is RegistrationStatus.MIGRATING
    await call("registrations.update", registration.id, status=RegistrationStatus.ACTIVE)

    impact = await call("assets.check_impact", asset.id, BREAKING)
    assert (impact.asset_id, impact.safe_to_publish, impact.change_type.value) == (asset.id, False, "major"), impact
    assert [c.column for c in impact.breaking_changes] == ["email"], impact.breaking_changes
    assert impact.breaking_changes[0].details["message"]
    assert [c["team_name"] for c in impact.impacted_consumers] == [world["consumer"].name], impact.impacted_consumers
    safe = await call("assets.check_impact", asset.id, COMPATIBLE)
    assert safe.safe_to_publish and safe.breaking_changes == [], safe

    compared = await call("contracts.compare", ONE, BREAKING)
    assert compared["compatible"] is False and compared["change_type"] == "major", compared
    compared = await call("contracts.compare", ONE, BREAKING, compatibility_mode=CompatibilityMode.NONE)
    assert compared["compatible"] is True, compared

    edge = await call("assets.add_dependency", report.id, asset.id, DependencyType.TRANSFORMS, metadata={"job": "nightly"})
    assert (edge.source_asset_id, edge.target_asset_id) == (report.id, asset.id) and edge.metadata == {"job": "nightly"}
    assert [d.id for d in await call("assets.list_dependencies", report.id)] == [edge.id]
    lineage = await call("assets.get_lineage", asset.id, depth=2)
    assert lineage.asset_id == asset.id
    await call("assets.remove_dependency", report.id, edge.id)
    assert await call("assets.list_dependencies", report.id) == []


async def change(call: Walk, world: dict) -> None:
    """A breaking change: proposed, seen, acknowledged, published; then objected to, forced, withdrawn."""
    asset, consumer = world["asset"], world["consumer"]
    await call.fails(ConflictError, 409, "assets.publish_contract", asset.id, schema=COMPATIBLE, version="1.1.0")

    opened = await call("assets.publish_contract", asset.id, schema=BREAKING, version="2.0.0")
    assert opened.contract is None and opened.proposal, opened
    proposal = opened.proposal
    assert (proposal.status, proposal.proposed_by) == (ProposalStatus.PENDING, world["producer"].id)
    assert [c.column for c in proposal.breaking_changes] == ["email"]
    assert [t["team_name"] for t in proposal.affected_teams] == [consumer.name], "who reads it is asked, nobody else"
    seen = await call("proposals.list", asset_id=asset.id, status=ProposalStatus.PENDING)
    assert [p.id for p in seen] == [proposal.id]
    assert (await call("proposals.get", proposal.id)).proposed_schema == BREAKING
    state = await call("proposals.get_status", proposal.id)
    assert (state.required_acknowledgments, state.received_acknowledgments) == (1, 0), state
    assert [c["team_name"] for c in state.pending_consumers] == [consumer.name]
    await call.fails(TesseraError, 403, "proposals.acknowledge", proposal.id, world["other"].id, AcknowledgmentResponseType.APPROVED)
    objection = await call("proposals.file_objection", proposal.id, consumer.id, "we have just built on it")
    assert (objection.total_objections, objection.proposal_id) == (1, str(proposal.id))
    assert (await call("proposals.get", proposal.id)).has_objections

    answer = await call("proposals.acknowledge", proposal.id, consumer.id, AcknowledgmentResponseType.MIGRATING, notes="next sprint")
    assert (answer.proposal_id, answer.consumer_team_id, answer.notes) == (proposal.id, consumer.id, "next sprint")
    assert answer.response is AcknowledgmentResponseType.MIGRATING
    state = await call("proposals.get_status", proposal.id)
    assert (state.proposal.status, state.received_acknowledgments) == (ProposalStatus.APPROVED, 1)
    published = await call("proposals.publish", proposal.id)
    assert (published.version, published.schema_def, published.status) == ("2.0.0", BREAKING, ContractStatus.ACTIVE)
    after = await call("proposals.get", proposal.id)
    assert after.status is ProposalStatus.APPROVED and after.resolved_at, "the SDK has no word for published"
    assert [p.id for p in await call("proposals.list", asset_id=asset.id, status=ProposalStatus.APPROVED)] == [proposal.id]

    registrations = await call("contracts.get_registrations", published.id)
    assert [r.consumer_team_id for r in registrations] == [consumer.id], "the consumer is still a consumer"

    opened = await call("assets.publish_contract", asset.id, schema=fields(id="integer", name="string"), version="3.0.0")
    forced = await call("proposals.force", opened.proposal.id)
    assert forced.status is ProposalStatus.APPROVED
    assert (await call("proposals.publish", opened.proposal.id)).version == "3.0.0"

    opened = await call("assets.publish_contract", asset.id, schema=fields(id="integer"), version="4.0.0")
    assert (await call("proposals.withdraw", opened.proposal.id)).status is ProposalStatus.WITHDRAWN
    forced = await call("assets.publish_contract", asset.id, schema=fields(id="integer"), version="4.0.0", force=True)
    assert forced.contract and forced.contract.version == "4.0.0", forced

    for one in registrations:
        await call("registrations.delete", one.id)
        await call.fails(NotFoundError, 404, "registrations.get", one.id)


async def story(client: object, tag: str) -> None:
    call = Walk(client, tag)
    world = await basics(call)
    await contracts(call, world)
    await change(call, world)
    every = methods_of_the_sdk()
    assert call.called == every, f"not walked: {every - call.called}"
    print(f"{tag}: {len(every)} of {len(every)} methods work")


def quick_start(url: str, headers: dict[str, str]) -> None:
    """Runs the quick start from the README in the wheel, with this server's address and names of its own."""
    readme = importlib.metadata.metadata("tessera-sdk").get_payload()
    blocks = re.findall(r"## (Quick Start|Async Support)\n+```python\n(.*?)```", readme, re.S)
    assert [name for name, _ in blocks] == ["Quick Start", "Async Support"], blocks
    for name, code in blocks:
        unique = uuid.uuid4().hex[:8]
        code = code.replace("data-platform", f"data-platform-{unique}").replace("dim_customers", f"dim_customers_{unique}")
        code = code.replace('base_url="http://localhost:8000"', f"base_url={url!r}, headers={headers!r}")
        code = code.replace("AsyncTesseraClient()", f"AsyncTesseraClient(base_url={url!r}, headers={headers!r})")
        out = io.StringIO()
        with contextlib.redirect_stdout(out):
            exec(compile(code, f"README: {name}", "exec"), {})
        said = out.getvalue()
        expected = "Breaking changes detected: [BreakingChange(type='" if name == "Quick Start" else "Created team: data-platform"
        assert said.startswith(expected), (name, said)
        print(f"README, {name}: {said.strip()[:100]}")


def main() -> int:
    url = os.environ.get("TESSERA_URL")
    if not url:
        print("TESSERA_URL is not set: TESSERA_URL=http://host:port/sdk", file=sys.stderr)
        return 2
    assert tessera_sdk.__version__ == "0.1.5" or importlib.metadata.version("tessera-sdk") == "0.1.5"
    key = os.environ.get("TESSERA_KEY")
    headers = {"Authorization": f"Bearer {key}"} if key else {}
    quick_start(url, headers)
    # The address comes from TESSERA_URL, as the SDK documents it.
    with TesseraClient(headers=headers) as client:
        asyncio.run(story(client, "sync"))

    async def asynchronous() -> None:
        async with AsyncTesseraClient(headers=headers) as client:
            await story(client, "async")

    asyncio.run(asynchronous())
    return 0


if __name__ == "__main__":
    sys.exit(main())
