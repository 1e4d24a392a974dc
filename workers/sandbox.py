"""The sandbox in which workflows run: Temporal's own, without asking every workflow for every payload how to encode it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from temporalio.converter import SerializationContext, StorageDriverStoreContext
from temporalio.worker import WorkflowInstance, WorkflowInstanceDetails, WorkflowRunner
from temporalio.worker.workflow_sandbox import SandboxedWorkflowRunner

if TYPE_CHECKING:
    from temporalio.bridge.proto.workflow_activation import WorkflowActivation
    from temporalio.bridge.proto.workflow_completion import WorkflowActivationCompletion
    from temporalio.workflow import Info


class Sandbox(WorkflowRunner):
    """Runs workflows in a `SandboxedWorkflowRunner`.

    The SDK enters the sandbox several times for every payload, to learn the context in which it is to be encoded; that takes a sixth of a
    worker's time. Our payloads are encoded alike everywhere, so the answer is known. A payload codec that wants to know its workflow (one
    that encrypts with a key for each customer, say) needs the plain runner again.
    """

    def __init__(self) -> None:
        self._runner = SandboxedWorkflowRunner()

    def prepare_workflow(self, defn: Any) -> None:
        self._runner.prepare_workflow(defn)

    def set_worker_level_failure_exception_types(self, types: Sequence[type[BaseException]]) -> None:
        self._runner.set_worker_level_failure_exception_types(types)

    def create_instance(self, det: WorkflowInstanceDetails) -> WorkflowInstance:
        return Sandboxed(self._runner.create_instance(det))


class Sandboxed(WorkflowInstance):
    """One workflow in its sandbox."""

    def __init__(self, instance: WorkflowInstance) -> None:
        self._instance = instance
        self._info = instance.get_info()

    def activate(self, act: WorkflowActivation) -> WorkflowActivationCompletion:
        return self._instance.activate(act)

    def get_serialization_context(self, command_info: object) -> SerializationContext | None:
        return None

    def get_external_store_context(self, command_info: object) -> StorageDriverStoreContext:
        return StorageDriverStoreContext(target=None)

    def get_info(self) -> Info:
        return self._info

    def get_thread_id(self) -> int | None:
        return self._instance.get_thread_id()
