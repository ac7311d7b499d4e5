"""The innermost loop of all matrix products, written for the vector registers of the CPU.

A tile is a few rows by one vector of 64 bytes of the result. Each of its elements is a sum in the order of k, by fused
multiply-adds, whatever stands beside it: the results of a row are the same to the last bit in any batch.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from llvmlite import binding, ir
from numba.core import cgutils, types
from numba.extending import intrinsic

VECTOR = 64  # bytes: one register with AVX-512, two with AVX2, four with NEON
# Rows of a tile: eight registers of sums keep both units for multiply-adds busy through their four or five cycles.
ROWS = 8 if binding.get_host_cpu_features().get("avx512f") else 4


def _tile(n_rows: int) -> Any:
    """Make the function that computes a tile of so many rows."""

    @intrinsic
    def tile(typing: Any, c: Any, at_c: Any, row_c: Any, a: Any, at_a: Any, row_a: Any, k_a: Any, b: Any, at_b: Any,
             k_b: Any, n: Any, adds: Any) -> Any:  # fmt: skip
        place = types.intp
        signature = types.void(c, place, place, a, place, place, place, b, place, place, place, types.boolean)

        def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
            _, at_c, row_c, _, at_a, row_a, k_a, _, at_b, k_b, n, adds = arguments
            number = context.get_value_type(signature.args[0].dtype)
            bits = 32 if signature.args[0].dtype == types.float32 else 64
            vector = ir.VectorType(number, 8 * VECTOR // bits)
            c, a, b = (context.make_array(signature.args[i])(context, builder, arguments[i]).data for i in (0, 3, 7))
            fma = _fused_multiply_add(builder, vector, bits)
            places = [builder.add(at_c, builder.mul(row_c, row_c.type(i))) for i in range(n_rows)]
            sums = [cgutils.alloca_once(builder, vector) for _ in range(n_rows)]
            with builder.if_else(adds) as (onto, anew):
                with onto:
                    for total, at in zip(sums, places, strict=True):
                        builder.store(_load(builder, vector, c, at, bits), total)
                with anew:
                    for total in sums:
                        builder.store(vector(None), total)
            with cgutils.for_range(builder, n) as loop:
                of_b = _load(builder, vector, b, builder.add(at_b, builder.mul(loop.index, k_b)), bits)
                first = builder.add(at_a, builder.mul(loop.index, k_a))
                for i, total in enumerate(sums):
                    at = builder.add(first, builder.mul(row_a, row_a.type(i)))
                    of_a = _repeat(builder, vector, builder.load(builder.gep(a, [at])))
                    builder.store(builder.call(fma, [of_a, of_b, builder.load(total)]), total)
            for total, at in zip(sums, places, strict=True):
                target = builder.bitcast(builder.gep(c, [at]), vector.as_pointer())
                builder.store(builder.load(total), target).align = bits // 8
            return context.get_dummy_value()

        return signature, generate

    return tile


def _fused_multiply_add(builder: Any, vector: Any, bits: int) -> Any:
    kind = ir.FunctionType(vector, [vector, vector, vector])
    return cgutils.get_or_insert_function(builder.module, kind, f"llvm.fma.v{vector.count}f{bits}")


def _load(builder: Any, vector: Any, base: Any, at: Any, bits: int) -> Any:
    loaded = builder.load(builder.bitcast(builder.gep(base, [at]), vector.as_pointer()))
    loaded.align = bits // 8  # rows begin anywhere
    return loaded


def _repeat(builder: Any, vector: Any, number: Any) -> Any:
    index = ir.IntType(32)
    undefined = vector(ir.Undefined)
    one = builder.insert_element(undefined, number, index(0))
    return builder.shuffle_vector(one, undefined, ir.VectorType(index, vector.count)([0] * vector.count))


# C[at_c + i * row_c + j] = (adds: C) + the sum over k of A[at_a + i * row_a + k * k_a] * B[at_b + k * k_b + j], for the
# rows i of the tile and all j of a vector. Arrays are flat.
rows_of_tile: Callable[..., None] = _tile(ROWS)
one_row: Callable[..., None] = _tile(1)
