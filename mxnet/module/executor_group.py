"""DataParallelExecutorGroup: one executor per device, a slice of each batch for every one."""

from __future__ import annotations

import logging
from collections import OrderedDict
from collections.abc import Mapping, Sequence
from typing import Any

from ..io import DataDesc
from .names import grad_req_by_name
from .slices import (
    batch_axes,
    check_batch_size,
    group2ctx_per_device,
    load_rows,
    mean_into,
    merge_all,
    part_of,
    split_input_slice,
)

__all__ = ["DataParallelExecutorGroup"]

_MOST_SHAPES_KEPT = 4


class DataParallelExecutorGroup:
    """The executors of a symbol on several devices, which share out every batch.

    Parameters: ``contexts``, ``workload``: the devices and how much of a batch each takes;
    ``data_shapes``, ``label_shapes``: lists of DataDesc for the whole batch; ``param_names``:
    the arguments to train; ``grad_req``: a str for all of them, a list in the order of the
    arguments, or a dict by name; ``shared_group``: a group whose parameters, gradients and
    buffers are used in common.
    """

    def __init__(
        self,
        symbol: Any,
        contexts: Sequence[Any],
        workload: Sequence[float],
        data_shapes: Sequence[DataDesc],
        label_shapes: Sequence[DataDesc] | None,
        param_names: Sequence[str],
        for_training: bool,
        inputs_need_grad: bool,
        shared_group: DataParallelExecutorGroup | None = None,
        logger: Any = logging,
        fixed_param_names: Sequence[str] | None = None,
        grad_req: str | Sequence[str] | Mapping[str, str] = "write",
        state_names: Sequence[str] | None = None,
        group2ctxs: Any = None,
    ):
        self.symbol = symbol
        self.contexts = list(contexts)
        self.workload = list(workload)
        self.arg_names = symbol.list_arguments()
        self.aux_names = symbol.list_auxiliary_states()
        self.output_names = symbol.list_outputs()
        self.num_outputs = len(self.output_names)
        self.param_names = list(param_names)
        self.fixed_param_names = list(fixed_param_names or ())
        self.state_names = list(state_names or ())
        self.for_training = for_training
        self.inputs_need_grad = inputs_need_grad
        self.logger = logger
        self.group2ctxs = group2ctx_per_device(group2ctxs, len(self.contexts))
        self.output_layouts = [
            DataDesc.get_batch_axis(symbol[i].attr("__layout__")) for i in range(self.num_outputs)
        ]
        self.grad_req = self._requirements(grad_req, data_shapes)
        self.shared_data_arrays: list[dict[str, Any]] = (
            shared_group.shared_data_arrays if shared_group else [{} for _ in self.contexts]
        )
        self._monitors: list[Any] = []
        self._by_shape: OrderedDict[tuple, list[Any]] = OrderedDict()
        self._labels_loaded = False
        self.bind_exec(data_shapes, label_shapes, shared_group)

    def _requirements(
        self, grad_req: str | Sequence[str] | Mapping[str, str], data_shapes: Sequence[DataDesc]
    ) -> dict[str, str]:
        """What is asked of the gradient of each argument."""
        if not self.for_training:
            return dict.fromkeys(self.arg_names, "null")
        wanted = {name for name in self.param_names if name not in self.fixed_param_names}
        if self.inputs_need_grad:
            wanted.update(desc.name for desc in data_shapes)
        return grad_req_by_name(grad_req, self.arg_names, wanted)

    # -- binding ---------------------------------------------------------------------------

    def bind_exec(
        self,
        data_shapes: Sequence[DataDesc],
        label_shapes: Sequence[DataDesc] | None,
        shared_group: DataParallelExecutorGroup | None = None,
        reshape: bool = False,
    ) -> None:
        """Make the executors; with ``reshape``, ones for other shapes on the same parameters."""
        self.decide_slices(list(data_shapes) + list(label_shapes or ()))
        self.data_shapes, self.label_shapes = list(data_shapes), label_shapes
        self.data_names = [desc.name for desc in data_shapes]
        self.label_names = [desc.name for desc in label_shapes or ()]
        self.data_layouts = batch_axes(data_shapes)
        self.label_layouts = batch_axes(label_shapes or ())
        key = tuple((desc.name, desc.shape) for desc in [*data_shapes, *(label_shapes or ())])
        if key in self._by_shape:
            self._by_shape.move_to_end(key)
            self.execs = self._by_shape[key]
        else:
            if reshape:
                self.execs = [self._reshaped(i) for i in range(len(self.contexts))]
            else:
                self._by_shape.clear()
                self.execs = [
                    self._bind(i, shared_group.execs[i] if shared_group else None)
                    for i in range(len(self.contexts))
                ]
                self._collect_parameters()
            self._by_shape[key] = self.execs
            if len(self._by_shape) > _MOST_SHAPES_KEPT:
                self._by_shape.popitem(last=False)
            for monitor in self._monitors:
                self._install(monitor)
        self._collect_inputs()

    def reshape(self, data_shapes: Sequence[DataDesc], label_shapes: Any) -> None:
        """Take batches of other shapes from now on; parameters and gradients stay the same."""
        if list(data_shapes) == self.data_shapes and label_shapes == self.label_shapes:
            return
        before = dict(self.__dict__)
        try:
            self.bind_exec(data_shapes, label_shapes, reshape=True)
        except Exception:
            self.__dict__.update(before)  # still good for the shapes it had
            raise

    def decide_slices(self, data_shapes: Sequence[DataDesc]) -> list[int]:
        """Share the rows of a batch out over the devices; returns the batch axis of each input.

        Raises AssertionError where inputs have different batch sizes.
        """
        batch_size = check_batch_size(data_shapes)
        if batch_size is None:
            raise ValueError(f"no input has a batch axis: {list(data_shapes)}")
        self.batch_size = batch_size
        self.slices = split_input_slice(batch_size, self.workload)
        return batch_axes(data_shapes)

    def _device_shapes(self, device: int) -> dict[str, tuple[int, ...]]:
        rows = self.slices[device].stop - self.slices[device].start
        descriptions = [*self.data_shapes, *(self.label_shapes or ())]
        return {
            desc.name: desc.shape
            if axis < 0
            else (*desc.shape[:axis], rows, *desc.shape[axis + 1 :])
            for desc, axis in zip(descriptions, self.data_layouts + self.label_layouts, strict=True)
        }

    def _bind(self, device: int, shared_exec: Any) -> Any:
        descriptions = [*self.data_shapes, *(self.label_shapes or ())]
        shapes = self._device_shapes(device)
        for desc in descriptions:
            if desc.name not in self.arg_names:
                raise KeyError(
                    f"{desc.name!r} is given as an input, but the symbol has no such argument; "
                    f"those that are no parameters: "
                    f"{[n for n in self.arg_names if n not in self.param_names]}"
                )
        return self.symbol.simple_bind(
            ctx=self.contexts[device],
            grad_req=self.grad_req,
            type_dict={desc.name: desc.dtype for desc in descriptions},
            group2ctx=self.group2ctxs[device],
            shared_arg_names=self.param_names,
            shared_exec=shared_exec,
            shared_buffer=self.shared_data_arrays[device],
            **shapes,
        )

    def _reshaped(self, device: int) -> Any:
        shapes = self._device_shapes(device)
        # Raises, naming the operator, where a parameter would have to change its shape.
        self.symbol.infer_shape(**self._parameter_shapes, **shapes)
        executor = self._first_execs[device]
        return executor.reshape(allow_up_sizing=True, partial_shaping=True, **shapes)

    def _collect_parameters(self) -> None:
        """List the parameters and gradients; reshaped executors use the same memory."""
        self._first_execs = self.execs
        arguments = [executor.arg_dict for executor in self.execs]
        self.param_arrays = [[d[n] for d in arguments] for n in self.param_names]
        self.state_arrays = [[d[n] for d in arguments] for n in self.state_names]
        self.aux_arrays = [[e.aux_dict[n] for e in self.execs] for n in self.aux_names]
        names = [*self.param_names, *self.aux_names]
        self._parameter_shapes = {
            name: block[0].shape
            for name, block in zip(names, self.param_arrays + self.aux_arrays, strict=True)
        }
        self.grad_arrays: list[list[Any]] | None = None
        if self.for_training:
            gradients = [executor.grad_dict for executor in self.execs]
            self.grad_arrays = [[d.get(n) for d in gradients] for n in self.param_names]

    def _collect_inputs(self) -> None:
        """Resolve what every batch is copied to, so that a step has nothing to look up."""
        arguments = [executor.arg_dict for executor in self.execs]

        def places(names: Sequence[str]) -> list[list[tuple[slice, Any]]]:
            return [[(s, d[n]) for s, d in zip(self.slices, arguments, strict=True)] for n in names]

        self.data_arrays = places(self.data_names)
        self.label_arrays = places(self.label_names) if self.label_shapes is not None else None
        self._data_shape_list = [desc.shape for desc in self.data_shapes]
        self._label_shape_list = [desc.shape for desc in self.label_shapes or ()]
        if self.inputs_need_grad:
            gradients = [executor.grad_dict for executor in self.execs]
            self.input_grad_arrays = [[d.get(n) for d in gradients] for n in self.data_names]
        else:
            self.input_grad_arrays = []
        self._labels_loaded = False

    # -- parameters ------------------------------------------------------------------------

    def set_params(self, arg_params: dict, aux_params: dict, allow_extra: bool = False) -> None:
        """Copy parameters to all devices. Raises ValueError for unknown names."""
        for executor in self._first_execs:
            executor.copy_params_from(arg_params, aux_params, allow_extra_params=allow_extra)

    def get_params(self, arg_params: dict, aux_params: dict) -> None:
        """Copy parameters, averaged over the devices, into the given arrays."""
        for target, names, blocks in (
            (arg_params, self.param_names, self.param_arrays),
            (aux_params, self.aux_names, self.aux_arrays),
        ):
            for name, block in zip(names, blocks, strict=True):
                mean_into(target[name], block)

    # -- running ---------------------------------------------------------------------------

    def load_data(self, arrays: Sequence[Any]) -> None:
        """Copy data of the bound shapes to the devices."""
        load_rows(arrays, self.data_arrays, self.data_layouts)

    def load_labels(self, arrays: Sequence[Any]) -> None:
        """Copy labels of the bound shapes to the devices."""
        load_rows(arrays, self.label_arrays or (), self.label_layouts)

    def fits(self, data: Sequence[Any], labels: Sequence[Any] | None) -> bool:
        """Whether a batch has the bound shapes."""
        return [a.shape for a in data] == self._data_shape_list and (
            not labels
            or not self._label_shape_list
            or [a.shape for a in labels] == self._label_shape_list
        )

    def forward(self, data_batch: Any, is_train: bool | None = None) -> None:
        """Run all devices on a batch (or on a list with one batch for each device)."""
        if isinstance(data_batch, list):
            self._labels_loaded = self._load_pre_sliced(data_batch)
        else:
            self.load_data(data_batch.data)
            self._labels_loaded = bool(self.label_arrays and data_batch.label)
            if self._labels_loaded:
                self.load_labels(data_batch.label)
        is_train = self.for_training if is_train is None else is_train
        for executor in self.execs:
            executor.forward(is_train=is_train)

    def backward(self, out_grads: Any = None) -> None:
        """Compute the gradients on all devices.

        Parameters: ``out_grads``: an array for each output, over the whole batch.
        """
        if not self.for_training:
            raise AssertionError("re-bind with for_training=True to run backward")
        if out_grads is None:
            self._check_labels()
        elif not isinstance(out_grads, (list, tuple)):
            out_grads = [out_grads]
        for device, executor in enumerate(self.execs):
            executor.backward(out_grads=self._out_grads_of(device, out_grads))

    def get_output_shapes(self) -> list[tuple[str, tuple[int, ...]]]:
        """The name and shape of each output, whose batch axis, as in 1.x, has the batch size.

        So it is off where an output has several rows for a sample; its array is not.
        """
        shapes = [list(output.shape) for output in self.execs[0].outputs]
        for shape, axis in zip(shapes, self.output_layouts, strict=True):
            if 0 <= axis < len(shape):
                shape[axis] = self.batch_size
        return [(n, tuple(s)) for n, s in zip(self.output_names, shapes, strict=True)]

    def get_outputs(
        self, merge_multi_context: bool = True, begin: int = 0, end: int | None = None
    ) -> list[Any]:
        """The outputs of the last forward, of the whole batch or as one list over devices each."""
        if merge_multi_context and len(self.execs) == 1:
            return list(self.execs[0].outputs[begin:end])
        per_device = (executor.outputs[begin:end] for executor in self.execs)
        outputs = [list(parts) for parts in zip(*per_device, strict=True)]
        return (
            merge_all(outputs, self.output_layouts[begin:end]) if merge_multi_context else outputs
        )

    def get_input_grads(self, merge_multi_context: bool = True) -> list[Any]:
        """The gradients of the data inputs, in the order of ``data_shapes``."""
        if not self.inputs_need_grad:
            raise AssertionError("bind with inputs_need_grad=True to get input gradients")
        grads = self.input_grad_arrays
        return merge_all(grads, self.data_layouts) if merge_multi_context else grads

    def get_states(self, merge_multi_context: bool = True) -> list[Any]:
        """The arrays named by ``state_names``."""
        states = self._states()
        return merge_all(states, [0] * len(states)) if merge_multi_context else states

    def set_states(self, states: Any = None, value: Any = None) -> None:
        """Set the states: each from an array or one array per device, or all to a number."""
        if (states is None) == (value is None):
            raise AssertionError("At least one of states & value must be specified, and only one.")
        arrays = self._states()
        if value is not None:
            for array in (a for block in arrays for a in block):
                array[:] = value
            return
        if len(states) != len(arrays):
            raise ValueError(f"{len(states)} states given for {self.state_names}")
        for block, given in zip(arrays, states, strict=True):
            if isinstance(given, (list, tuple)):
                for target, source in zip(block, given, strict=True):
                    target[:] = source
            else:
                load_rows([given], [list(zip(self.slices, block, strict=True))], [0])

    def update_metric(self, eval_metric: Any, labels: Any, pre_sliced: bool = False) -> None:
        """Count the outputs of each device against its rows of the labels."""
        for device, (executor, rows) in enumerate(zip(self.execs, self.slices, strict=True)):
            part = labels[device] if pre_sliced else labels or ()
            if not pre_sliced and len(self.execs) > 1:
                part = [
                    type(label)(part_of(label._tensor, rows, axis), label.context)
                    for label, axis in zip(part, self.label_layouts, strict=False)
                ]
            eval_metric.update_dict(
                OrderedDict(zip(self.label_names, part, strict=False)),
                OrderedDict(zip(self.output_names, executor.outputs, strict=True)),
            )

    def install_monitor(self, mon: Any) -> None:
        """Let a Monitor watch all executors, also those made later for other shapes."""
        self._monitors.append(mon)
        for executors in self._by_shape.values():
            for executor in executors:
                mon.install(executor)

    def _install(self, monitor: Any) -> None:
        for executor in self.execs:
            monitor.install(executor)

    def _states(self) -> list[list[Any]]:
        return [[executor.arg_dict[n] for executor in self.execs] for n in self.state_names]

    def _load_pre_sliced(self, batches: list[Any]) -> bool:
        if len(batches) != len(self.execs):
            raise ValueError(f"{len(batches)} batches given for {len(self.execs)} devices")
        for device, (batch, rows) in enumerate(zip(batches, self.slices, strict=True)):
            own = slice(0, rows.stop - rows.start)
            given = [(batch.data, self.data_arrays, self.data_layouts)]
            if self.label_arrays and batch.label:
                given.append((batch.label, self.label_arrays, self.label_layouts))
            for arrays, places, axes in given:
                load_rows(arrays, [[(own, place[device][1])] for place in places], axes)
        return bool(self.label_arrays and all(batch.label for batch in batches))

    def _check_labels(self) -> None:
        if self._labels_loaded:
            return
        others = {*self.param_names, *self.state_names, *self.data_names}
        missing = self.label_names or [name for name in self.arg_names if name not in others]
        if missing:
            raise ValueError(
                f"backward needs the label(s) {missing}, but the last batch had none: bind with "
                f"label_shapes and give DataBatch(label=[...]), or pass out_grads"
            )

    def _out_grads_of(self, device: int, out_grads: Any) -> Any:
        if out_grads is None or len(self.execs) == 1:
            return out_grads
        context, rows = self.contexts[device], self.slices[device]
        return [
            type(grad)(part_of(grad._tensor, rows, axis), grad.context).as_in_context(context)
            for grad, axis in zip(out_grads, self.output_layouts, strict=False)
        ]
