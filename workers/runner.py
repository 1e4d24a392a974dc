"""How workflows are run: in Temporal's sandbox where code is tried, without it where orders are carried out."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from temporalio.converter import SerializationContext, StorageDriverStoreContext
from temporalio.worker import UnsandboxedWorkflowRunner, WorkflowInstance, WorkflowInstanceDetails, WorkflowRunner
from temporalio.worker.workflow_sandbox import SandboxedWorkflowRunner

if TYPE_CHECKING:
    from temporalio.bridge.proto.workflow_activation import WorkflowActivation
    from temporalio.bridge.proto.workflow_completion import WorkflowActivationCompletion
    from temporalio.workflow import Info


class Runner(WorkflowRunner):
    """Runs workflows as `inner` does, without asking every workflow for every payload how to encode it.

    The SDK enters a workflow several times for every payload, to learn the context in which it is to be encoded; that takes a sixth of a
    worker's time. Our payloads are encoded alike everywhere, so the answer is known. A payload codec that wants to know its workflow (one
    that encrypts with a key for each customer, say) needs the SDK's own runner again.
    """

    def __init__(self, inner: WorkflowRunner) -> None:
        self._inner = inner

    def prepare_workflow(self, defn: Any) -> None:
        self._inner.prepare_workflow(defn)

    def set_worker_level_failure_exception_types(self, types: Sequence[type[BaseException]]) -> None:
        self._inner.set_worker_level_failure_exception_types(types)

    def create_instance(self, det: WorkflowInstanceDetails) -> WorkflowInstance:
        return Instance(self._inner.create_instance(det))


class Instance(WorkflowInstance):
    """One workflow in the memory of a worker."""

    def __init__(self, inner: WorkflowInstance) -> None:
        self._inner = inner
        self._info = inner.get_info()

    def activate(self, act: WorkflowActivation) -> WorkflowActivationCompletion:
        return self._inner.activate(act)

    def get_serialization_context(self, command_info: object) -> SerializationContext | None:
        return None

    def get_external_store_context(self, command_info: object) -> StorageDriverStoreContext:
        return StorageDriverStoreContext(target=None)

    def get_info(self) -> Info:
        return self._info

    def get_thread_id(self) -> int | None:
        return self._inner.get_thread_id()


def rests(completion: WorkflowActivationCompletion) -> bool:
    """Whether a workflow that gives this answer has nothing left to do but wait, or has ended."""
    return completion.HasField("successful") and not any(
        command.HasField("schedule_activity") or command.HasField("continue_as_new_workflow_execution")
        for command in completion.successful.commands
    )


def watched() -> Runner:
    """Every module of a workflow is loaded anew for each of them, and whatever would break its replay raises: for replays."""
    return Runner(SandboxedWorkflowRunner())


def plain() -> Runner:
    """Modules are loaded once, which spares a worker a quarter of its time; what tests live through every wait replays `watched` in CI."""
    return Runner(UnsandboxedWorkflowRunner())
