"""From a kernel in Python to machine code: numba translates, LLVM optimises it once, as a whole.

numba on its own would optimise each function and make machine code of it, and do so again for those
that call it, which takes twice as long.
"""

# mypy: ignore-errors

from __future__ import annotations

import functools
import gc
import types as python
from collections.abc import Callable
from typing import Any

import llvmlite.binding as llvm
from llvmlite import ir
from numba import types
from numba.core import cgutils, compiler, fastmathpass, typed_passes, typing, untyped_passes
from numba.core.codegen import CPUCodeLibrary, JITCPUCodegen
from numba.core.compiler_lock import global_compiler_lock
from numba.core.compiler_machinery import PassManager
from numba.core.cpu import CPUContext, FastMathOptions
from numba.core.typing import builtins as declarations
from numba.core.typing import mathdecl
from numba.core.typing.templates import AbstractTemplate, Registry, builtin_registry
from numba.cpython import builtins, mathimpl, numbers, rangeobj, tupleobj  # noqa: F401

from .language import Helper, Intrinsic, Shared, larger, smaller
from .machine import ENTRY, target_machine
from .narrow import widen_loops

__all__ = ["object_code"]


class _Library(CPUCodeLibrary):
    """Code that is collected, and optimised by nobody but ``object_code``."""

    def _optimize_functions(self, module):
        module.data_layout = self._codegen._data_layout

    def _optimize_final_module(self):
        pass

    def _finalize_final_module(self):
        self._finalized = True


class _Codegen(JITCPUCodegen):
    _library_class = _Library


class _Typing(typing.Context):
    """What numba knows of numbers and loops: what it knows of arrays takes it long to load."""

    def init(self):
        super().init()
        self._resolved = {}  # by function and types

    def resolve_function_type(self, func, args, kws):
        """Found once for the same types, for which numba asks over and over."""
        if kws:
            return super().resolve_function_type(func, args, kws)
        if (func, args) not in self._resolved:
            self._resolved[func, args] = super().resolve_function_type(func, args, kws)
        return self._resolved[func, args]

    def load_additional_registries(self):
        self.install_registry(mathdecl.registry)

    def _load_builtins(self):
        if self._basic not in self._registries:
            self.install_registry(self._basic)

    @functools.cached_property
    def _basic(self):
        registry = Registry()
        registry.globals = builtin_registry.globals
        for kind in ("functions", "attributes"):
            for each in getattr(builtin_registry, kind):
                if each.__module__ == declarations.__name__:
                    getattr(registry, kind).append(each)
        return registry


class _Context(CPUContext):
    """The same for what numba makes of it in LLVM's language."""

    def init(self):
        super().init()
        self._internal_codegen = _Codegen("remx")
        self._found = {}  # by function and signature
        self.get_abi_sizeof = functools.cache(super().get_abi_sizeof)

    def get_function(self, fn, sig, _firstcall=True):
        """Found once for the same types."""
        if (fn, sig) not in self._found:
            self._found[fn, sig] = super().get_function(fn, sig, _firstcall)
        return self._found[fn, sig]

    def load_additional_registries(self):
        self.install_registry(mathimpl.registry)

    def post_lowering(self, module, library):
        if self.fastmath:
            fastmathpass.rewrite_module(module, self.fastmath)
        widen_loops(module)

    def create_cfunc_wrapper(self, library, fndesc, env, call_helper):
        """A function of C. Kernels raise nothing, so what numba's returns is of no interest."""
        module = self.create_module("entry")
        kind = self.call_conv.get_function_type(fndesc.restype, fndesc.argtypes)
        called = ir.Function(module, kind, fndesc.llvm_func_name)
        arguments = [self.get_value_type(each) for each in fndesc.argtypes]
        entry = ir.Function(module, ir.FunctionType(ir.VoidType(), arguments), ENTRY)
        builder = ir.IRBuilder(entry.append_basic_block())
        self.call_conv.call_function(builder, called, fndesc.restype, fndesc.argtypes, entry.args)
        builder.ret_void()
        library.add_ir_module(module)


class _Pipeline(compiler.CompilerBase):
    """The passes that loops on numbers need."""

    def define_pipelines(self):
        manager = PassManager("kernels")
        for each in (
            untyped_passes.TranslateByteCode, untyped_passes.FixupArgs, untyped_passes.IRProcessing,
            untyped_passes.ReconstructSSA, typed_passes.NopythonTypeInference,
            typed_passes.PreLowerStripPhis, typed_passes.NativeLowering,
            typed_passes.NoPythonBackend,
        ):  # fmt: skip
            manager.add_pass(each, each.__name__)
        manager.finalize()
        return [manager]


@functools.cache
def _contexts() -> tuple[Any, Any]:
    typing_context = _Typing()
    return typing_context, _Context(typing_context)


def object_code(function: Callable, fastmath: frozenset, kinds: str, loops: str) -> bytes:
    """Machine code of a kernel, as an object file, where its name is ENTRY.

    ``fastmath``: the rules of floating point that do not matter; ``kinds``: of what it takes;
    ``loops``: what becomes of them, see ``native.compiled``.
    """
    collects = gc.isenabled()
    gc.disable()  # what numba makes lives until the end
    try:
        with global_compiler_lock:
            return _emitted(_translated(function, fastmath, kinds), loops)
    finally:
        if collects:
            gc.enable()


def _flags(fastmath: frozenset, entry: bool = False) -> Any:
    flags = compiler.Flags()
    flags.error_model, flags.fastmath = "numpy", FastMathOptions(set(fastmath) or False)
    flags.no_compile, flags.no_cpython_wrapper = True, True
    flags.no_cfunc_wrapper = not entry
    return flags


def _translated(function: Callable, fastmath: frozenset, kinds: str) -> Any:
    made = _compiled(_known_to_numba(function), _signature(kinds), _flags(fastmath, entry=True))
    made.library.finalize()
    return made.library._final_module


def _signature(kinds: str) -> Any:
    known = {"p": types.CPointer(types.int64), "i": types.int64}
    return types.void(*map(known.get, kinds))


def _compiled(function: Callable, signature: Any, flags: Any) -> Any:
    typing_context, context = _contexts()
    context.refresh()
    return compiler.compile_extra(
        typing_context, context, function, signature.args, signature.return_type, flags, {},
        pipeline_class=_Pipeline,
    )  # fmt: skip


def _emitted(module: Any, loops: str) -> bytes:
    for each in module.functions:
        if not each.is_declaration and each.name != ENTRY:
            each.linkage = "internal"
    options = llvm.create_pipeline_tuning_options(speed_level=3 if loops == "vectorised" else 1)
    options.loop_vectorization, options.slp_vectorization = True, False
    # Unrolled further than vectors ask for, loops were no faster, and took twice as long to emit.
    options.loop_unrolling = False
    machine = target_machine()
    passes = llvm.create_pass_builder(machine, options)
    if loops == "vectorised":
        passes.getModulePassManager().run(module, passes)
    else:
        _simplify(module, passes, loops)
    return machine.emit_object(module)


def _simplify(module: Any, passes: Any, loops: str) -> None:
    """The passes for code that is written as it is to run; some more where loops are "improved"."""
    whole = llvm.create_new_module_pass_manager()
    whole.add_always_inliner_pass()
    whole.add_sroa_pass()
    whole.add_global_dead_code_eliminate_pass()
    whole.add_simplify_cfg_pass()
    whole.run(module, passes)
    few = llvm.create_new_function_pass_manager()
    few.add_instruction_combine_pass()
    few.add_simplify_cfg_pass()
    few.add_new_gvn_pass()
    few.add_loop_rotate_pass()
    few.add_dead_code_elimination_pass()
    more = few if loops == "kept" else passes.getFunctionPassManager()
    for each in module.functions:
        if not each.is_declaration:
            (few if each.name in _keep_loops else more).run(each, passes)


_keep_loops: set[str] = set()  # helpers, by their names in LLVM's code

_LANGUAGE = (Helper, Intrinsic, Shared)


def _define_shared(shared: Shared, typing_context: Any, *arguments: Any) -> Any:
    """A call of a function that is elsewhere, and found when machine code is loaded."""

    def generate(context: Any, builder: Any, signature: Any, values: Any) -> Any:
        kinds = [value.type for value in values]
        kind = ir.FunctionType(ir.VoidType(), kinds)
        called = cgutils.get_or_insert_function(builder.module, kind, shared.name)
        builder.call(called, values)
        return context.get_dummy_value()

    return _signature(shared.kinds), generate


class _Known:
    """What numba sees of a helper or an intrinsic: what has a type with a template."""

    def __init__(self, name: str, define: Callable):
        def generic(template, arguments, named):
            signature, generate = define(template.context, *arguments)
            _contexts()[1].insert_func_defn([(generate, self, signature.args)])
            return signature

        template = type(name, (AbstractTemplate,), {"key": self, "generic": generic})
        self._numba_type_ = types.Function(template)


def _known_to_numba(function: Callable) -> Callable:
    """The same function, with globals that numba knows what to do with."""
    names = {"min": smaller, "max": larger, **function.__globals__}
    known = {
        name: _known(names[name])
        for name in function.__code__.co_names
        if isinstance(names.get(name), _LANGUAGE)
    }
    cells = [each.cell_contents for each in function.__closure__ or ()]
    closure = tuple(
        python.CellType(_known(each) if isinstance(each, _LANGUAGE) else each) for each in cells
    )
    made = python.FunctionType(
        function.__code__, {**function.__globals__, **known}, function.__name__, None, closure
    )
    return functools.update_wrapper(made, function)


@functools.cache
def _known(value: Helper | Intrinsic | Shared) -> _Known:
    if isinstance(value, Intrinsic):
        return _Known(value.__name__, value.function)
    if isinstance(value, Shared):
        return _Known(value.name, functools.partial(_define_shared, value))
    function = _known_to_numba(value.function)
    returned = getattr(types, value.returns)

    @functools.cache
    def made_for(signature: Any) -> Any:
        return _compiled(function, signature, _flags(value.fastmath))

    def generate(context: Any, builder: Any, signature: Any, values: Any) -> Any:
        made = made_for(signature)
        if value.kept:
            _keep_loops.add(made.fndesc.llvm_func_name)
        context.active_code_library.add_linking_library(made.library)
        called = context.declare_function(builder.module, made.fndesc)
        wish = "alwaysinline" if value.inlined else "noinline"
        _, result = context.call_conv.call_function(
            builder, called, signature.return_type, signature.args, values, attrs=(wish,)
        )
        return result

    def define(context: Any, *arguments: Any) -> Any:
        return returned(*map(types.unliteral, arguments)), generate

    return _Known(value.__name__, define)
