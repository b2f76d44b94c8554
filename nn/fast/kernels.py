"""The inner loops of `nn.fast`, compiled.

Every kernel is serial and releases the GIL: the batch is split over threads one level up. A kernel
takes contiguous float32 arrays unless said otherwise, writes into arrays that it is given, and
checks nothing; the callers do. Its sums may run in another order than the plain layers' and so
differ in the last bits. All kernels are in this one file because numba keys its cache on disk by
file: a kernel elsewhere would not notice a change here.

Vectors. numba has no vector type, and its own loops would load and store the sums of a product
again for every term. So this file gives it one, `VECTOR`, of `BLOCK` floats. A variable of this
type stays in registers. Without compilation (NUMBA_DISABLE_JIT) a vector is a NumPy array.

Shapes. Images are ``x (N, H, W * C)``, padded already; a row of a patch is KW * C neighbouring
floats. Forward kernels see arrays as flat lists of floats, and the sizes in the fields of an
operation (`Operation`). ``winner (N, OH, OW, OC)`` says, for each value that left a block of
convolution, ReLU and pool, which of the P = PH * PW places of its pool window it came from, in
reading order, or DEAD.

References
----------
Lavin and Gray, "Fast Algorithms for Convolutional Neural Networks", 2016, section 4.1.
Goto and van de Geijn, "Anatomy of High-Performance Matrix Multiplication", 2008.
"""

import ctypes
import operator
from collections import namedtuple
from functools import partial

import numba
import numpy as np
from llvmlite import binding, ir
from numba import njit, types
from numba.core import cgutils
from numba.core.dispatcher import Dispatcher
from numba.core.typing.templates import ConcreteTemplate, infer_global, signature
from numba.extending import intrinsic, lower_builtin, models, register_model
from numba.np.arrayobj import populate_array

from guard.kernel_cache import robust
from guard.registers import compile_for_processor

COMPILING = not numba.config.DISABLE_JIT
"""False where NUMBA_DISABLE_JIT is set: kernels are then Python, for a debugger to follow."""

BITS = compile_for_processor(numba.config, binding)
"""Width of a vector register."""

BLOCK = 2 * BITS // 32
"""Floats in a `VECTOR`: two registers, so that a number read from the image serves two products."""

LANES = 16
"""Floats in a vector of the backward pass (`gradients`). Where rows of patches are shorter,
`weight_gradient` takes its place."""

DEAD = 255
"""In place of a winner: the ReLU cut the maximum off, and no gradient passes."""

# "contract" lets a * b + c be rounded once instead of twice. No other freedom is given, so NaN and
# infinity behave as in NumPy. Without "_nrt" numba neither allocates nor counts references: kernels
# own nothing, and counting inside of a loop would push all vectors out of their registers.
OPTIONS = {"nogil": True, "fastmath": {"contract"}, "error_model": "numpy", "_nrt": False}


def kernel(function, **more):
    """Compile ``function`` when it is first called; keep the result on disk if there is room.

    One whose name begins with "_" is called by kernels only: without an entry for Python it
    compiles faster.
    """
    if function.__name__.startswith("_"):
        more |= {"no_cpython_wrapper": True, "no_cfunc_wrapper": True}
    try:
        return robust(njit(cache=True, **OPTIONS, **more)(function))
    except RuntimeError:  # numba found no folder that it can write to
        return njit(**OPTIONS, **more)(function)


inlined = partial(kernel, inline="always")
"""For a function that is part of a kernel's inner loop: a call would keep vectors in memory."""


def compiled() -> int:
    """Return how many kernels this process has compiled, because they were not on disk."""
    made = [item for item in globals().values() if isinstance(item, Dispatcher)]
    return sum(len(item.signatures) - sum(item.stats.cache_hits.values()) for item in made)


# ---- Vectors: what they are to numba, and what can be done with them ----

_FLOATS = ir.VectorType(ir.FloatType(), BLOCK)
_BITS = ir.VectorType(ir.IntType(1), BLOCK)
_BYTES = ir.VectorType(ir.IntType(8), BLOCK)


class _Vector(types.Type):
    """The type of BLOCK floats in registers."""


class _Bytes(types.Type):
    """The type of BLOCK bytes in a register."""


class _Mask(types.Type):
    """The type of BLOCK truth values in registers."""


@register_model(_Vector)
class _VectorModel(models.PrimitiveModel):
    def __init__(self, manager, kind):
        super().__init__(manager, kind, _FLOATS)


@register_model(_Bytes)
class _BytesModel(models.PrimitiveModel):
    def __init__(self, manager, kind):
        super().__init__(manager, kind, _BYTES)


@register_model(_Mask)
class _MaskModel(models.PrimitiveModel):
    def __init__(self, manager, kind):
        super().__init__(manager, kind, _BITS)


VECTOR, BYTES, MASK = _Vector("Vector"), _Bytes("Bytes"), _Mask("Mask")


def _arithmetic(operation, instruction):
    """Let numba compile ``vector operation vector`` as one instruction."""

    @infer_global(operation)
    class _Signature(ConcreteTemplate):
        cases = (signature(VECTOR, VECTOR, VECTOR),)

    @lower_builtin(operation, VECTOR, VECTOR)
    def lower(_context, builder, _signature, args):
        return getattr(builder, instruction)(*args, ("contract",))


for _operation, _instruction in (("add", "fadd"), ("sub", "fsub"), ("mul", "fmul")):
    _arithmetic(getattr(operator, _operation), _instruction)


def _place(context, builder, kind, array, at):
    """Return the address of the item ``at`` of a contiguous array of this numba type."""
    return builder.gep(context.make_array(kind)(context, builder, array).data, [at])


def _as(builder, address, kind):
    """Return ``address`` as that of an item of the LLVM type ``kind``."""
    return builder.bitcast(address, kind.as_pointer())


def _everywhere(builder, number, kind=_FLOATS):
    """Return a vector, of this LLVM type, that has a float in every lane."""
    nothing, first = ir.Constant(kind, ir.Undefined), ir.Constant(ir.IntType(32), 0)
    lanes = ir.Constant(ir.VectorType(ir.IntType(32), kind.count), [0] * kind.count)
    return builder.shuffle_vector(builder.insert_element(nothing, number, first), nothing, lanes)


def _store_lanes(builder, values, address, many):
    """Store the first ``many`` items of an LLVM vector, one vector store if that is all of them."""
    full = builder.icmp_signed(">=", many, ir.Constant(many.type, BLOCK))
    with builder.if_else(full) as (whole, part):
        with whole:
            builder.store(values, _as(builder, address, values.type), align=1)
        with part, cgutils.for_range(builder, many) as loop:
            builder.store(
                builder.extract_element(values, loop.index), builder.gep(address, [loop.index])
            )


@intrinsic
def load(_typing, array, at):
    """Return the vector that begins at the float ``at``, all of it inside the array."""

    def build(context, builder, signature, args):
        address = _place(context, builder, signature.args[0], *args)
        return builder.load(_as(builder, address, _FLOATS), align=4)

    return VECTOR(array, types.intp), build


def _vector_or_less(context, builder, kind, args, lanes):
    """Return the vector that begins at an item of an array; lanes behind the array's end are 0."""
    address, size = _place(context, builder, kind, *args), ir.Constant(args[1].type, BLOCK)
    rest = builder.sub(context.make_array(kind)(context, builder, args[0]).nitems, args[1])
    result = cgutils.alloca_once_value(builder, ir.Constant(lanes, [0] * BLOCK))
    with builder.if_else(builder.icmp_signed(">=", rest, size)) as (whole, part):
        with whole:
            builder.store(builder.load(_as(builder, address, lanes), align=1), result)
        with part, cgutils.for_range(builder, rest) as loop:
            item = builder.load(builder.gep(address, [loop.index]))
            builder.store(builder.insert_element(builder.load(result), item, loop.index), result)
    return builder.load(result)


@intrinsic
def load_to_end(_typing, array, at):
    """Return the vector that begins at the float ``at``; lanes behind the array's end are 0."""

    def build(context, builder, signature, args):
        return _vector_or_less(context, builder, signature.args[0], args, _FLOATS)

    return VECTOR(array, types.intp), build


@intrinsic
def load_bytes(_typing, array, at):
    """Return the vector of bytes that begins at the byte ``at``; see `load_to_end`."""

    def build(context, builder, signature, args):
        return _vector_or_less(context, builder, signature.args[0], args, _BYTES)

    return BYTES(array, types.intp), build


@intrinsic
def store(_typing, array, at, vector):
    """Write a vector from the float ``at`` on."""

    def build(context, builder, signature, args):
        address = _place(context, builder, signature.args[0], *args[:2])
        builder.store(args[2], _as(builder, address, _FLOATS), align=4)

    return types.void(array, types.intp, VECTOR), build


@intrinsic
def store_first(_typing, array, at, vector, many):
    """Write the first ``many`` items of a vector, BLOCK at most, from the item ``at`` on."""

    def build(context, builder, signature, args):
        array, at, vector, many = args
        address = _place(context, builder, signature.args[0], array, at)
        _store_lanes(builder, vector, address, many)

    return types.void(array, types.intp, vector, types.intp), build


@intrinsic
def splat(_typing, number):
    """Return a vector that has ``number`` in every lane."""
    return VECTOR(types.float32), lambda _c, builder, _s, args: _everywhere(builder, args[0])


@intrinsic
def greater(_typing, a, b):
    """Return where ``a > b``: nowhere that either is NaN."""
    return MASK(VECTOR, VECTOR), lambda _c, builder, _s, args: builder.fcmp_ordered(">", *args)


@intrinsic
def unordered(_typing, a, b):
    """Return where ``a`` or ``b`` is NaN."""
    return MASK(VECTOR, VECTOR), lambda _c, builder, _s, args: builder.fcmp_unordered("uno", *args)


@intrinsic
def either(_typing, a, b):
    """Return where one of two masks is true."""
    return MASK(MASK, MASK), lambda _c, builder, _s, args: builder.or_(*args)


@intrinsic
def equal(_typing, a, b):
    """Return where two vectors of floats or of bytes are equal."""

    def build(_context, builder, _signature, args):
        floats = isinstance(a, _Vector)
        return builder.fcmp_ordered("==", *args) if floats else builder.icmp_signed("==", *args)

    return MASK(a, a), build


@intrinsic
def where(_typing, mask, a, b):
    """Return ``a`` where the mask is true, else ``b``: vectors of floats or of bytes."""
    return a(MASK, a, a), lambda _c, builder, _s, args: builder.select(*args)


@intrinsic
def splat_byte(_typing, number):
    """Return a vector that has a byte in every lane."""

    def build(_context, builder, _signature, args):
        byte = builder.trunc(args[0], ir.IntType(8))
        lanes = ir.Constant(_BYTES, ir.Undefined)
        for lane in range(BLOCK):
            lanes = builder.insert_element(lanes, byte, ir.Constant(ir.IntType(32), lane))
        return lanes

    return BYTES(types.intp), build


def _sums(rows):
    """Return the function that sums up so many rows of a product, side by side in registers."""

    @intrinsic
    def sums(_typing, x, starts, runs, run, wide, v, at):
        """Return, per start, the sum of ``x[start + i * wide + k] * v[i * run + k]``.

        Over i < runs and k < run; ``v``, from the float ``at`` on, has rows of BLOCK floats.
        """

        def build(context, builder, signature, args):
            x, starts, runs, run, wide, v, at = args
            zeros, block = ir.Constant(_FLOATS, [0.0] * BLOCK), ir.Constant(at.type, BLOCK)
            first = _place(context, builder, signature.args[0], x, ir.Constant(at.type, 0))
            row = _place(context, builder, signature.args[5], v, at)
            totals = [cgutils.alloca_once_value(builder, zeros) for _ in range(rows)]
            starts = cgutils.unpack_tuple(builder, starts, rows)
            with cgutils.for_range(builder, runs) as outer:
                line = builder.gep(first, [builder.mul(wide, outer.index)])
                patches = [builder.gep(line, [start]) for start in starts]
                behind = builder.mul(builder.mul(run, outer.index), block)
                weights = builder.gep(row, [behind])
                with cgutils.for_range(builder, run) as inner:
                    place = builder.gep(weights, [builder.mul(inner.index, block)])
                    vector = builder.load(_as(builder, place, _FLOATS), align=4)
                    for patch, total in zip(patches, totals, strict=True):
                        number = builder.load(builder.gep(patch, [inner.index]))
                        term = builder.fmul(_everywhere(builder, number), vector, ("contract",))
                        builder.store(builder.fadd(builder.load(total), term, ("contract",)), total)
            return context.make_tuple(builder, signature.return_type, map(builder.load, totals))

        size = types.intp
        given = x, types.UniTuple(size, rows), size, size, size, v, size
        return types.UniTuple(VECTOR, rows)(*given), build

    return sums


sums_of_4, sums_of_5, sums_of_6 = _sums(4), _sums(5), _sums(6)

TEN = 10
"""Outputs of a dense layer that `sums_for_ten` serves: the classes of digits."""

HALF = BLOCK // 2
"""Inputs whose weights for ten outputs fill five vectors."""


@intrinsic
def sums_for_ten(_typing, x, at, w, many):
    """Return five vectors, whose lanes are sums of products of inputs with their ten weights.

    One after the other, the lanes of all five belong to the outputs 0 to 9, 0 to 9, and so on, as
    the weights (inputs, 10) do in memory. So these are read as they lie, in whole vectors; each
    input is spread over ten lanes. The inputs are ``many`` times HALF, from the float ``at`` on.
    """

    def build(context, builder, signature, args):
        x, at, w, many = args
        first = _place(context, builder, signature.args[0], x, at)
        row = _place(context, builder, signature.args[2], w, ir.Constant(at.type, 0))
        halves = ir.VectorType(ir.FloatType(), HALF)
        nothing = ir.Constant(halves, ir.Undefined)
        spread = [
            ir.Constant(
                ir.VectorType(ir.IntType(32), BLOCK),
                [(v * BLOCK + lane) // TEN for lane in range(BLOCK)],
            )
            for v in range(5)
        ]
        zeros = ir.Constant(_FLOATS, [0.0] * BLOCK)
        totals = [cgutils.alloca_once_value(builder, zeros) for _ in spread]
        with cgutils.for_range(builder, many) as loop:
            place = builder.gep(first, [builder.mul(loop.index, ir.Constant(at.type, HALF))])
            inputs = builder.load(_as(builder, place, halves), align=4)
            weights = builder.gep(row, [builder.mul(loop.index, ir.Constant(at.type, 5 * BLOCK))])
            for v, (total, lanes) in enumerate(zip(totals, spread, strict=True)):
                place = builder.gep(weights, [ir.Constant(at.type, v * BLOCK)])
                vector = builder.load(_as(builder, place, _FLOATS), align=4)
                number = builder.shuffle_vector(inputs, nothing, lanes)
                term = builder.fmul(number, vector, ("contract",))
                builder.store(builder.fadd(builder.load(total), term, ("contract",)), total)
        return context.make_tuple(builder, signature.return_type, map(builder.load, totals))

    return types.UniTuple(VECTOR, 5)(x, types.intp, w, types.intp), build


def winograd_matrices(points):
    """Return Winograd's matrices A^T (m, n), G (n, 3) and B^T (n, n), float64, of F(m, 3).

    The transpose of a convolution is a product of polynomials. It follows from their values at
    n - 1 ``points`` and at infinity (Cook and Toom): so m = n - 2 outputs take n products.

    References
    ----------
    Blahut, "Fast Algorithms for Signal Processing", 2010, section 5.2.
    """
    n = len(points) + 1
    m = n - 2
    product = np.poly1d(points, r=True)
    AT, G, BT = np.zeros((m, n)), np.zeros((n, 3)), np.zeros((n, n))
    for i, point in enumerate(points):
        others = np.poly1d([p for p in points if p != point], r=True)
        scale = others(point)
        AT[:, i] = point ** np.arange(m)
        G[i] = point ** np.arange(3) / abs(scale)
        BT[i, : n - 1] = others.coefficients[::-1] * np.sign(scale)
    AT[-1, -1] = G[-1, -1] = 1
    BT[-1] = product.coefficients[::-1]
    return AT, G, BT


POINTS = {
    2: (0.0, 1.0, -1.0),
    3: (0.0, 3 / 4, -3 / 4, 2.0),
    5: (0.0, 3 / 5, -3 / 5, 1.0, -1.0, 3.0),
}
"""The points of F(m, 3) for each m that the kernels know.

Of all sets of small fractions, these have nearly the smallest rounding errors: at most 7e-7, 2e-6
and 7e-6 of a map's largest value over the shapes of tests/nn/fast/test_convolve.py.
"""


def _sum_of(builder, factors, vectors):
    """Return the sum of vectors times constant factors."""
    total = None
    for factor, vector in zip(factors.tolist(), vectors, strict=True):
        if factor == 0:
            continue
        if abs(factor) != 1:
            constant = ir.Constant(_FLOATS, [float(np.float32(abs(factor)))] * BLOCK)
            vector = builder.fmul(vector, constant, ("contract",))
        if total is None:
            total = vector if factor > 0 else builder.fneg(vector)
        else:
            total = (builder.fadd if factor > 0 else builder.fsub)(total, vector, ("contract",))
    return total


def _transform(matrix):
    """Return the function that computes ``M X M^T`` for this constant matrix M of shape (I, J)."""

    @intrinsic
    def transform(_typing, x, at, down, right, bottom, edge, out, to, out_down, out_right):
        """Set I x I vectors of ``out`` to the transform of J x J vectors of ``x``.

        The first vectors are at ``at`` and ``to``; ``down`` and ``right`` are the distances to the
        next ones, in floats. Row ``bottom`` and column ``edge`` of x stand for all behind them.
        """

        def build(context, builder, signature, args):
            x, at, down, right, bottom, edge, out, to, out_down, out_right = args
            first = _place(context, builder, signature.args[0], x, at)
            target = _place(context, builder, signature.args[6], out, to)
            terms = range(matrix.shape[1])

            def offset(number, most, step):
                number = ir.Constant(at.type, number)
                inside = builder.icmp_signed("<=", number, most)
                return builder.mul(builder.select(inside, number, most), step)

            columns, lines = [offset(j, edge, right) for j in terms], []
            for i in terms:
                line = builder.gep(first, [offset(i, bottom, down)])
                places = [_as(builder, builder.gep(line, [column]), _FLOATS) for column in columns]
                vectors = [builder.load(place, align=4) for place in places]
                lines.append([_sum_of(builder, factors, vectors) for factors in matrix])
            for j, vectors in enumerate(zip(*lines, strict=True)):
                column = builder.gep(target, [builder.mul(ir.Constant(at.type, j), out_right)])
                for i, factors in enumerate(matrix):
                    place = builder.gep(column, [builder.mul(ir.Constant(at.type, i), out_down)])
                    value = _sum_of(builder, factors, vectors)
                    builder.store(value, _as(builder, place, _FLOATS), align=4)

        size = types.intp
        return types.void(x, size, size, size, size, size, out, size, size, size), build

    return transform


if not COMPILING:

    def _transform(matrix):
        M = matrix.astype(np.float32)

        def transform(x, at, down, right, bottom, edge, out, to, out_down, out_right):
            terms = range(M.shape[1])
            vectors = [
                [load(x, at + min(i, bottom) * down + min(j, edge) * right) for j in terms]
                for i in terms
            ]
            result = np.einsum("ai,bj,ijk->abk", M, M, np.array(vectors))
            for i, j in np.ndindex(result.shape[:2]):
                store(out, to + i * out_down + j * out_right, result[i, j])

        return transform


_output_2, _weight_2, _input_2 = map(_transform, winograd_matrices(POINTS[2]))
_output_3, _weight_3, _input_3 = map(_transform, winograd_matrices(POINTS[3]))
_output_5, _weight_5, _input_5 = map(_transform, winograd_matrices(POINTS[5]))


@intrinsic
def floats_at(_typing, address, many):
    """Return the array of ``many`` floats at an address."""
    kind = types.Array(types.float32, 1, "C")

    def build(context, builder, _signature, args):
        array, size = context.make_array(kind)(context, builder), ir.Constant(args[0].type, 4)
        first = builder.inttoptr(args[0], ir.FloatType().as_pointer())
        populate_array(array, first, [args[1]], [size], size, None)
        return array._getvalue()

    return kind(types.intp, types.intp), build


if not COMPILING:

    def load(array, at):
        vector = np.zeros(BLOCK, array.dtype)
        inside = array[at : at + BLOCK]
        vector[: len(inside)] = inside
        return vector

    load_to_end = load_bytes = load

    def store(array, at, vector):
        array[at : at + BLOCK] = vector

    def store_first(array, at, vector, many):
        array[at : at + min(many, BLOCK)] = vector[:many]

    greater, equal, either, where = np.greater, np.equal, np.logical_or, np.where

    def splat(number):
        return np.full(BLOCK, number, np.float32)

    def splat_byte(number):
        return np.full(BLOCK, number, np.uint8)

    def unordered(a, b):
        return np.isnan(a) | np.isnan(b)

    def sums_of_4(x, starts, runs, run, wide, v, at):
        block = v[at : at + runs * run * BLOCK].reshape(-1, BLOCK)
        rows = [[x[start + i * wide :][:run] for i in range(runs)] for start in starts]
        return [np.concatenate(patch) @ block for patch in rows]

    sums_of_5 = sums_of_6 = sums_of_4

    def sums_for_ten(x, at, w, many):
        inputs = np.repeat(x[at : at + many * HALF], TEN)
        return (inputs * w[: len(inputs)]).reshape(many, 5, BLOCK).sum(axis=0)

    def floats_at(address, many):
        if not many:
            return np.empty(0, np.float32)
        return np.ctypeslib.as_array((ctypes.c_float * int(many)).from_address(int(address)))


# ---- The forward pass: what an operation is ----

Operation = namedtuple(
    "Operation",
    """kind at image_step row_step out_at out_image_step out_row_step
    H W C OH OW OC KH KW SH SW top left PH PW relu norm count_pad
    tile together eps factor offset kept kept_size scratch
    w b mean var gamma beta""",
)
"""The fields of an operation, each an int64.

Attributes
----------
kind
    One of READ_BYTES ... SOFTMAX.
at, out_at
    The float of the working memory at which the first image's input and output begin.
image_step, row_step, out_image_step, out_row_step
    Floats from one image, or one row of pixels, to the next.
H, W, C
    Of an input image; for CONVOLVE with its padding, which is stored.
OH, OW, OC
    Of an output image, after the pool.
KH, KW, SH, SW
    Size and stride of the kernel; for MAX_POOL and AVG_POOL of the window.
top, left
    Padding that is not stored, for MAX_POOL and AVG_POOL.
PH, PW
    Size of the pool that follows the convolution; 1 x 1 for none.
relu
    Whether a ReLU follows.
norm
    NONE, BEFORE (the ReLU) or AFTER (the pool): where a BatchNorm stands.
count_pad
    Whether padding counts in a mean.
tile, together
    Outputs along a side of `_winograd`'s tiles, 0 for direct sums; and images at a time.
eps, factor, offset
    The bits of a float64.
kept, kept_size, scratch
    Where in the working memory the floats are that the next call can use again, how many they
    are, and where those that it cannot.
w, b, mean, var, gamma, beta
    Addresses of the parameters and running statistics; 0 for none.
"""
F = Operation(*range(len(Operation._fields)))
"""The number of each field: ``op[F.kind]``."""

(
    READ_BYTES, READ_FLOATS, RESCALE, RECTIFY, NORMALISE,
    CONVOLVE, MAX_POOL, AVG_POOL, DENSE, SOFTMAX,
) = range(10)  # fmt: skip
"""Kinds of operation."""

NONE, BEFORE, AFTER = range(3)
"""Where a BatchNorm stands."""

HEADER = 16
"""Floats in front of what is kept: the first says whether it holds weights, and which."""

MODERATE = np.float32(1e12)
MODERATE_BITS = MODERATE.view(np.int32)
"""The three transforms of F(5x5) multiply by up to 2.5e6 in all. So no image and weights up to this
overflow, nor lose more than their rounding errors. All else, infinity and NaN too, is summed
directly."""


@inlined
def _up(size, of):
    """Return ``size`` rounded up to a multiple of ``of``."""
    return (size + of - 1) // of * of


@inlined
def _plane(size):
    """Return the floats from one plane to the next, an odd number of cache lines.

    At an even number, lines of several planes would compete for the same place in the cache.
    """
    return size + (HEADER if size // HEADER % 2 == 0 else 0)


@inlined
def _tiles(size, m):
    """Return how many tiles of m outputs cover a side of ``size`` outputs."""
    return (size + m - 1) // m


@kernel
def _ends(op, bias, norm, ends):
    """Set ``ends`` (4, S) to what follows a sum: bias, then mean, factor and beta of a BatchNorm.

    S is the number of output channels, rounded up to a multiple of BLOCK.
    """
    channels, S = op[F.OC], _up(op[F.OC], BLOCK)
    ends[: 4 * S] = 0
    for o in range(len(bias)):
        ends[o] = bias[o]
    if op[F.norm] != NONE:
        eps = np.float32(op.view(np.float64)[F.eps])
        mean, var, gamma, beta = norm
        for o in range(channels):
            ends[S + o] = mean[o]
            ends[2 * S + o] = gamma[o] / np.sqrt(var[o] + eps)
            ends[3 * S + o] = beta[o]


@inlined
def _normed(value, ends, S, at):
    """Return what a BatchNorm makes of a sum of the channels from ``at`` on."""
    return (value - load(ends, S + at)) * load(ends, 2 * S + at) + load(ends, 3 * S + at)


@inlined
def _better(value, place, best, winner):
    """Return ``value`` and its place if it is above ``best`` or NaN, else ``best`` and its own."""
    wins = either(greater(value, best), unordered(value, value))
    return where(wins, value, best), where(wins, place, winner)


@inlined
def _largest(a, b, c, d):
    """Return the largest of four, NaN if one is."""
    ab, cd = where(greater(a, b), a, b), where(greater(c, d), c, d)
    largest = where(greater(ab, cd), ab, cd)
    nan = splat(np.float32(np.nan))
    return where(either(unordered(a, b), unordered(c, d)), nan, largest)


@inlined
def _first_of(value, a, b, c):
    """Return the place of ``value`` in a 2x2 window, the first in reading order that it is at."""
    place = where(equal(value, c), splat_byte(2), splat_byte(3))
    place = where(equal(value, b), splat_byte(1), place)
    return where(equal(value, a), splat_byte(0), place)


@inlined
def _write(value, place, relu, norm, ends, S, channel, many, out, winner, at):
    """Finish a sum with its bias: ReLU, BatchNorm, store; and its winner's place if wanted."""
    zero = splat(np.float32(0))
    if len(winner):
        alive = greater(value, zero)
        store_first(winner, at, where(alive, place, splat_byte(DEAD)), many)
    if relu:
        value = where(greater(zero, value), zero, value)
    if norm == AFTER:
        value = _normed(value, ends, S, channel)
    store_first(out, at, value, many)


@inlined
def _write_pooled(a, b, c, d, simple, relu, norm, ends, S, channel, many, out, winner, at):
    """Write the largest of the four sums of a 2x2 window, finished.

    The bias can be added to the largest alone, as it is the same for all four. ``simple`` is true
    if no more than bias and ReLU is asked for.
    """
    bias, zero = load(ends, channel), splat(np.float32(0))
    if simple:
        value = _largest(a, b, c, d) + bias
        store(out, at, where(greater(zero, value), zero, value))
    else:
        if norm == BEFORE:
            a = _normed(a + bias, ends, S, channel)
            b = _normed(b + bias, ends, S, channel)
            c = _normed(c + bias, ends, S, channel)
            d = _normed(d + bias, ends, S, channel)
            bias = zero
        value = _largest(a, b, c, d)
        place = _first_of(value, a, b, c)
        _write(value + bias, place, relu, norm, ends, S, channel, many, out, winner, at)


@inlined
def _into_blocks(w, K, OC, blocks):
    """Copy ``w (K, OC)`` into ``blocks (S // BLOCK, K, BLOCK)``, columns side by side."""
    for b in range(0, OC, BLOCK):
        for k in range(K):
            for o in range(BLOCK):
                inside = b + o < OC
                blocks[b * K + k * BLOCK + o] = w[k * OC + b + o] if inside else np.float32(0)


@inlined
def _direct(op, n, x, w, ends, blocks, out, winner):
    """Convolve n images, four sums side by side in registers: a patch is read where it lies."""
    row, K = op[F.KW] * op[F.C], op[F.KH] * op[F.KW] * op[F.C]
    _into_blocks(w, K, op[F.OC], blocks)
    for image in range(n):
        for channel in range(0, op[F.OC], BLOCK):
            if op[F.PH] == 2 and op[F.PW] == 2:
                _direct_pool(op, image, channel, row, K, x, ends, blocks, out, winner)
            else:
                _direct_any(op, image, channel, row, K, x, ends, blocks, out, winner)


@kernel
def _direct_pool(op, image, channel, row, K, x, ends, blocks, out, winner):
    """Convolve one image into BLOCK channels; the four sums are the places of a 2x2 pool."""
    S, wide, norm, relu = _up(op[F.OC], BLOCK), op[F.row_step], op[F.norm], op[F.relu]
    down, right, KH, OC = op[F.SH] * wide, op[F.SW] * op[F.C], op[F.KH], op[F.OC]
    OH, OW, many = op[F.OH], op[F.OW], OC - channel
    simple = relu and norm == NONE and len(winner) == 0 and many >= BLOCK
    for p in range(OH):
        start = image * op[F.image_step] + 2 * p * down
        at = image * op[F.out_image_step] + p * op[F.out_row_step] + channel
        for _ in range(OW):
            starts = start, start + right, start + down, start + down + right
            a, b, c, d = sums_of_4(x, starts, KH, row, wide, blocks, channel * K)
            _write_pooled(a, b, c, d, simple, relu, norm, ends, S, channel, many, out, winner, at)
            start += 2 * right
            at += OC


@kernel
def _direct_any(op, image, channel, row, K, x, ends, blocks, out, winner):
    """Convolve one image into BLOCK channels; the four sums are of neighbouring pool windows."""
    S, wide, norm, relu = _up(op[F.OC], BLOCK), op[F.row_step], op[F.norm], op[F.relu]
    down, right, KH, OW, PW = op[F.SH] * wide, op[F.SW] * op[F.C], op[F.KH], op[F.OW], op[F.PW]
    last, P, line, size = op[F.OH] * OW - 1, op[F.PH] * PW, op[F.PH] * down, PW * right
    best = blocks[_up(op[F.OC], BLOCK) * K :]
    winners = best[4 * BLOCK :].view(np.uint8)
    bias, many = load(ends, channel), op[F.OC] - channel
    for first in range(0, last + 1, 4):
        for i in range(0, 4 * BLOCK, BLOCK):
            store(best, i, splat(np.float32(-np.inf)))
            store_first(winners, i, splat_byte(0), BLOCK)
        for t in range(P):
            here = image * op[F.image_step] + t // PW * down + t % PW * right
            starts = (
                here + _window(first, last, OW, line, size),
                here + _window(first + 1, last, OW, line, size),
                here + _window(first + 2, last, OW, line, size),
                here + _window(first + 3, last, OW, line, size),
            )
            sums = sums_of_4(x, starts, KH, row, wide, blocks, channel * K)
            for i, total in enumerate(sums):
                at, value = i * BLOCK, total + bias
                if norm == BEFORE:
                    value = _normed(value, ends, S, channel)
                winner_before = load_bytes(winners, at)
                value, place = _better(value, splat_byte(t), load(best, at), winner_before)
                store(best, at, value)
                store_first(winners, at, place, BLOCK)
        for i in range(4):
            at = image * op[F.out_image_step] + channel
            at += _window(first + i, last, OW, op[F.out_row_step], op[F.OC])
            value, place = load(best, i * BLOCK), load_bytes(winners, i * BLOCK)
            _write(value, place, relu, norm, ends, S, channel, many, out, winner, at)


@inlined
def _window(i, last, OW, line, size):
    """Return where the i-th window of a map begins, the last one if there are not so many."""
    i = min(i, last)
    return i // OW * line + i % OW * size


# Winograd's F(m x m, 3x3): a tile of m x m outputs takes (m + 2)^2 products a channel instead of
# 9 m^2. In one dimension, m outputs of three weights g and n = m + 2 inputs d are
# A^T [(G g) * (B^T d)]; the two dimensions follow by doing rows and columns in turn. docs/fast.md
# has an example by hand.


@kernel
def _transform_weights(m, w, at, channels, OC, u):
    """Set ``u`` (n * n planes of (C, BLOCK)) to BLOCK output channels' weights, transformed.

    ``at`` is the first of them; behind the last weight there are BLOCK floats more.
    """
    tap, right = channels * OC, _plane(channels * BLOCK)
    down = (m + 2) * right
    for c in range(channels):
        i, to = at + c * OC, c * BLOCK
        if m == 2:
            _weight_2(w, i, 3 * tap, tap, 2, 2, u, to, down, right)
        elif m == 3:
            _weight_3(w, i, 3 * tap, tap, 2, 2, u, to, down, right)
        else:
            _weight_5(w, i, 3 * tap, tap, 2, 2, u, to, down, right)


@kernel
def _transform_tiles(op, x, first, many, v, plane):
    """Set ``v`` (n * n planes of (tiles, C)) to the tiles of ``many`` images, transformed.

    The last tiles may end outside of an image: its edge is read again instead, which changes only
    outputs that nobody asked for.
    """
    m, channels, S, wide = op[F.tile], op[F.C], _up(op[F.C], BLOCK), op[F.row_step]
    TH, TW = _tiles(op[F.OH] * op[F.PH], m), _tiles(op[F.OW] * op[F.PW], m)
    down, to = (m + 2) * plane, 0
    for image in range(first, first + many):
        for p in range(0, TH * m, m):
            for q in range(0, TW * m, m):
                corner = image * op[F.image_step] + p * wide + q * channels
                bottom, edge = op[F.H] - 1 - p, op[F.W] - 1 - q
                for c in range(0, channels, BLOCK):
                    at, v_at = corner + c, to + c
                    if m == 2:
                        _input_2(x, at, wide, channels, bottom, edge, v, v_at, down, plane)
                    elif m == 3:
                        _input_3(x, at, wide, channels, bottom, edge, v, v_at, down, plane)
                    else:
                        _input_5(x, at, wide, channels, bottom, edge, v, v_at, down, plane)
                to += S


@kernel
def _rows_at_a_time(tiles):
    """Return how many rows of a product to sum up side by side: little is left over at the end."""
    best, least = 6, (tiles + 5) // 6 * 13
    for rows in (5, 4):
        cost = (tiles + rows - 1) // rows * (2 * rows + 1)  # a row's sums, and some for the loop
        if cost < least:
            best, least = rows, cost
    return best


@kernel
def _tile_products(op, v, v_plane, tiles, rows, u, m, m_plane):
    """Set ``m`` (planes of (tiles, BLOCK)) to the products of ``v`` and ``u`` by plane."""
    C, S = op[F.C], _up(op[F.C], BLOCK)
    for f in range((op[F.tile] + 2) ** 2):
        weights = f * _plane(C * BLOCK)
        for t in range(0, tiles, rows):
            i, at = f * v_plane + t * S, f * m_plane + t * BLOCK
            starts = i, i + S, i + 2 * S, i + 3 * S
            if rows == 6:
                starts6 = (*starts, i + 4 * S, i + 5 * S)
                a, b, c, d, e, g = sums_of_6(v, starts6, 1, C, 0, u, weights)
                store(m, at + 4 * BLOCK, e)
                store(m, at + 5 * BLOCK, g)
            elif rows == 5:
                a, b, c, d, e = sums_of_5(v, (*starts, i + 4 * S), 1, C, 0, u, weights)
                store(m, at + 4 * BLOCK, e)
            else:
                a, b, c, d = sums_of_4(v, starts, 1, C, 0, u, weights)
            store(m, at, a)
            store(m, at + BLOCK, b)
            store(m, at + 2 * BLOCK, c)
            store(m, at + 3 * BLOCK, d)


@kernel
def _output_maps(op, products, plane, maps):
    """Set ``maps (TH * m, TW * m, BLOCK)`` to an image's sums, from its tiles' ``products``."""
    m, n = op[F.tile], op[F.tile] + 2
    TH, TW = _tiles(op[F.OH] * op[F.PH], m), _tiles(op[F.OW] * op[F.PW], m)
    last, down, tile, wide = n - 1, n * plane, 0, TW * m * BLOCK
    for p in range(TH):
        for q in range(TW):
            to = (p * wide + q * BLOCK) * m
            if m == 2:
                _output_2(products, tile, down, plane, last, last, maps, to, wide, BLOCK)
            elif m == 3:
                _output_3(products, tile, down, plane, last, last, maps, to, wide, BLOCK)
            else:
                _output_5(products, tile, down, plane, last, last, maps, to, wide, BLOCK)
            tile += BLOCK


@kernel
def _write_maps(op, maps, image, channel, ends, out, winner):
    """Write an image's sums in BLOCK channels from `_output_maps`, pooled and finished."""
    S, norm, relu, many = _up(op[F.OC], BLOCK), op[F.norm], op[F.relu], op[F.OC] - channel
    wide = _tiles(op[F.OW] * op[F.PW], op[F.tile]) * op[F.tile] * BLOCK
    simple = relu and norm == NONE and len(winner) == 0 and many >= BLOCK
    for p in range(op[F.OH]):
        at = image * op[F.out_image_step] + p * op[F.out_row_step] + channel
        i = p * op[F.PH] * wide
        for _ in range(op[F.OW]):
            if op[F.PH] == 2:
                a, b = load(maps, i), load(maps, i + BLOCK)
                c, d = load(maps, i + wide), load(maps, i + wide + BLOCK)
                _write_pooled(
                    a, b, c, d, simple, relu, norm, ends, S, channel, many, out, winner, at
                )
            else:
                value = load(maps, i) + load(ends, channel)
                if norm == BEFORE:
                    value = _normed(value, ends, S, channel)
                _write(value, splat_byte(0), relu, norm, ends, S, channel, many, out, winner, at)
            at += op[F.OC]
            i += op[F.PW] * BLOCK


@kernel
def _moderate(x):
    """Return whether no number is larger than MODERATE or NaN."""
    bits, largest = x.view(np.int32), np.int32(0)
    for i in range(len(bits)):  # without their sign, floats are in the order of their bits
        largest = max(largest, bits[i] & np.int32(0x7FFFFFFF))
    return largest <= MODERATE_BITS


@kernel
def _same(a, b):
    """Return whether two arrays of int32 are equal."""
    differ = np.int32(0)
    for i in range(len(a)):  # to the end: a way out would keep the loop from using vectors
        differ |= a[i] ^ b[i]
    return differ == 0


@kernel
def _weights_are_kept(op, w, kept):
    """Bring the transformed weights up to date; return whether they are moderate.

    ``kept`` has a header, a copy of the weights, and their transform. Reading all weights to
    compare them takes a third of the time of transforming them, and no change goes unseen.
    """
    size, channels = len(w), op[F.C]
    copy = kept[HEADER : HEADER + size].view(np.int32)
    given = w.view(np.int32)
    if kept[0] and _same(given, copy):
        return kept[0] == 1
    for i in range(size):
        copy[i] = given[i]
    kept[0] = 1 if _moderate(w) else 2
    if kept[0] == 1:
        at = HEADER + _up(size, HEADER)
        for channel in range(0, op[F.OC], BLOCK):
            _transform_weights(op[F.tile], kept, HEADER + channel, channels, op[F.OC], kept[at:])
            at += (op[F.tile] + 2) ** 2 * _plane(channels * BLOCK)
    return kept[0] == 1


@inlined
def _winograd(op, n, x, ends, kept, scratch, out, winner):
    """Convolve n images by Winograd's algorithm, a few images at a time."""
    m, channels, S = op[F.tile], op[F.C], _up(op[F.C], BLOCK)
    planes, an_image = (m + 2) ** 2, _tiles(op[F.OH] * op[F.PH], m) * _tiles(op[F.OW] * op[F.PW], m)
    at = HEADER + _up(9 * channels * op[F.OC], HEADER)
    for first in range(0, n, op[F.together]):
        many = min(op[F.together], n - first)
        tiles = many * an_image
        rows = _rows_at_a_time(tiles)
        v_plane, m_plane = _plane(_up(tiles, rows) * S), _plane(_up(tiles, rows) * BLOCK)
        products = scratch[planes * v_plane :]
        maps = products[planes * m_plane :]
        _transform_tiles(op, x, first, many, scratch, v_plane)
        u = at
        for channel in range(0, op[F.OC], BLOCK):
            _tile_products(op, scratch, v_plane, tiles, rows, kept[u:], products, m_plane)
            for i in range(many):
                _output_maps(op, products[i * an_image * BLOCK :], m_plane, maps)
                _write_maps(op, maps, first + i, channel, ends, out, winner)
            u += planes * _plane(channels * BLOCK)


@kernel
def convolve(op, n, x, w, bias, norm, kept, scratch, out, winner):
    """Convolve n images; then BatchNorm, ReLU and pool, as the fields of ``op`` say.

    Arrays are flat: ``x`` from the first image on, padded, and BLOCK floats may be read behind its
    end if C is no multiple of BLOCK; ``w`` and ``bias`` the layer's own, the bias empty if it has
    none; ``norm`` mean, variance, gamma and beta, empty without BatchNorm. ``winner``, uint8, is
    empty if nobody wants it, else like ``out``. ``kept`` holds what the next call can use again,
    ``scratch`` nothing.
    """
    ends = 4 * _up(op[F.OC], BLOCK)
    _ends(op, bias, norm, scratch)
    rest = scratch[ends:]
    if op[F.tile] and _weights_are_kept(op, w, kept) and _moderate(x[: n * op[F.image_step]]):
        _winograd(op, n, x, scratch, kept, rest, out, winner)
    else:
        _direct(op, n, x, w, scratch, rest, out, winner)


# ---- The backward pass ----
#
# Only a winner has a gradient other than 0; docs/fast.md shows why. `gradients` walks the winners,
# one output channel after the other. Its inner loop, `_walk`, is built from LLVM's instructions and
# takes arrays as addresses.

FLOAT, ADDRESS, INTEGER = ir.FloatType(), types.uintp, types.intp
_LANES = ir.VectorType(FLOAT, LANES)


def _item(builder, array, kind, i):
    """Return the address of item ``i`` of an array; ``array`` is the address of the array."""
    return builder.gep(builder.inttoptr(array, kind.as_pointer()), [i])


def _vector(builder, array, i, v):
    """Return the address of the v-th of the vectors that begin at the float ``i`` of an array."""
    i = builder.add(i, ir.Constant(i.type, v * LANES))
    return _as(builder, _item(builder, array, FLOAT, i), _LANES)


def _load(builder, place):
    return builder.load(place, align=4)


def _add(builder, total, factor, vector):
    """Return total + factor * vector, rounded once."""
    return builder.fadd(total, builder.fmul(factor, vector, ("contract",)), ("contract",))


def _walker(vectors):
    """Return the function that does `_walk` for this many neighbouring vectors of a patch's row.

    The vectors begin at the float ``k`` of w and dw; in x and dx, ``at`` floats behind the start of
    a patch. Their weights and sums stay in registers from the first winner to the last.
    """

    def build(_context, builder, _signature, args):
        w, dw, k, x, dx, at, start, gradient, many = args
        weights = [_load(builder, _vector(builder, w, k, v)) for v in range(vectors)]
        sums = [
            cgutils.alloca_once_value(builder, _load(builder, _vector(builder, dw, k, v)))
            for v in range(vectors)
        ]
        with cgutils.for_range(builder, many) as loop:
            here = builder.add(at, builder.load(_item(builder, start, at.type, loop.index)))
            factor = builder.load(_item(builder, gradient, FLOAT, loop.index))
            g = _everywhere(builder, factor, _LANES)
            for v, (total, weight) in enumerate(zip(sums, weights, strict=True)):
                seen, target = (_vector(builder, array, here, v) for array in (x, dx))
                builder.store(_add(builder, builder.load(total), g, _load(builder, seen)), total)
                builder.store(_add(builder, _load(builder, target), g, weight), target, align=4)
        for v, total in enumerate(sums):
            builder.store(builder.load(total), _vector(builder, dw, k, v), align=4)

    @intrinsic
    def walk(_typing, w, dw, k, x, dx, at, start, gradient, many):
        given = ADDRESS, ADDRESS, INTEGER, ADDRESS, ADDRESS, INTEGER, ADDRESS, ADDRESS, INTEGER
        return types.void(*given), build

    return walk


_walk_one, _walk_three = _walker(1), _walker(3)


@kernel
def bias_gradient(winner, dout, db):
    """Set ``db (OC,)`` to the sum of ``dout`` over the winners."""
    N, OH, OW, OC = dout.shape
    for o in range(OC):
        db[o] = 0
    for n in range(N):
        for p in range(OH):
            for q in range(OW):
                place, g = winner[n, p, q], dout[n, p, q]
                for o in range(OC):
                    db[o] += g[o] if place[o] != DEAD else np.float32(0)


@inlined
def _tap(k, row, wide):
    """Return the distance in the image, in floats, from a patch's first float to its k-th."""
    return k // row * wide + k % row


@kernel
def weight_gradient(op, x, winner, dout, sums, dw):
    """Set ``dw (KH * KW * C, OC)``; the sums of five taps at a time stay in registers.

    It visits all places of all pool windows; the gradient of a place that did not win counts as 0.
    For short rows of patches this is faster than `gradients`, which visits only the winners. Arrays
    are flat, and ``op`` is that of `convolve`. ``sums (5 * BLOCK)`` is working space.
    """
    row, K = op[F.KW] * op[F.C], op[F.KH] * op[F.KW] * op[F.C]
    n = len(dout) // op[F.out_image_step]
    for i in range(len(dw)):
        dw[i] = 0
    for image in range(n):
        for channel in range(0, op[F.OC], BLOCK):
            for first in range(0, K, 5):
                _five_taps(op, image, channel, row, first, K, x, winner, dout, sums)
                for k in range(first, min(first + 5, K)):
                    for o in range(min(BLOCK, op[F.OC] - channel)):
                        dw[k * op[F.OC] + channel + o] += sums[(k - first) * BLOCK + o]


@kernel
def _five_taps(op, image, channel, row, first, K, x, winner, dout, sums):
    """Set ``sums (5, BLOCK)`` to one image's gradient of five taps, the first of them ``first``.

    Where there are fewer, the last tap is repeated, and the caller ignores the surplus.
    """
    wide, last = op[F.row_step], K - 1
    t0, t1 = _tap(first, row, wide), _tap(min(first + 1, last), row, wide)
    t2, t3 = _tap(min(first + 2, last), row, wide), _tap(min(first + 3, last), row, wide)
    t4 = _tap(min(first + 4, last), row, wide)
    zero = splat(np.float32(0))
    a, b, c, d, e = zero, zero, zero, zero, zero
    for p in range(op[F.OH]):
        for q in range(op[F.OW]):
            at = image * op[F.out_image_step] + p * op[F.out_row_step] + q * op[F.OC] + channel
            g, places = load_to_end(dout, at), load_bytes(winner, at)
            for t in range(op[F.PH] * op[F.PW]):
                i, j = divmod(t, op[F.PW])
                g_here = where(equal(places, splat_byte(t)), g, zero)
                here = image * op[F.image_step] + (p * op[F.PH] + i) * op[F.SH] * wide
                here += (q * op[F.PW] + j) * op[F.SW] * op[F.C]
                a = a + splat(x[here + t0]) * g_here
                b = b + splat(x[here + t1]) * g_here
                c = c + splat(x[here + t2]) * g_here
                d = d + splat(x[here + t3]) * g_here
                e = e + splat(x[here + t4]) * g_here
    store(sums, 0, a)
    store(sums, BLOCK, b)
    store(sums, 2 * BLOCK, c)
    store(sums, 3 * BLOCK, d)
    store(sums, 4 * BLOCK, e)


@kernel
def gradients(x, w, winner, dout, stride_h, step, pool_h, pool_w, dw, dx, places, start, gradient):
    """Add up dw[o] += dout * patch and dx[patch] += dout * w[o] over the winners alone.

    ``w`` and ``dw (OC, KH, KW * C)`` hold the weights of an output channel together. ``dw`` and
    ``dx``, which has the shape of ``x``, are overwritten.

    Working space: ``places (DEAD + 1,)``, the offset of each place of a pool window; ``start`` and
    ``gradient (OH * OW + 1,)``, where the patch of each winner of one channel begins in the image,
    and the winner's gradient.
    """
    N, OH, OW, OC = dout.shape
    wide = x.shape[2]
    for t in range(pool_h * pool_w):
        places[t] = t // pool_w * stride_h * wide + t % pool_w * step
    dw[:] = 0
    dx[:] = 0
    for n in range(N):
        for o in range(OC):
            many = 0
            for p in range(OH):
                for q in range(OW):
                    t = winner[n, p, q, o]
                    start[many] = p * pool_h * stride_h * wide + q * pool_w * step + places[t]
                    gradient[many] = dout[n, p, q, o]
                    many += t != DEAD  # else the next window overwrites it: no branch is needed
            _walk(w[o], x[n], start, gradient, many, dw[o], dx[n])


def _walk(w, x, start, gradient, many, dw, dx):
    """For each winner j, add gradient[j] * patch to ``dw`` and gradient[j] * w to dx's patch.

    The patch, in the shape of ``w (KH, KW * C)``, begins at the float ``start[j]`` of the image.
    """
    KH, row = w.shape
    for j in range(many):
        top, left = divmod(start[j], x.shape[1])
        patch = slice(top, top + KH), slice(left, left + row)
        dw += gradient[j] * x[patch]
        dx[patch] += gradient[j] * w


if COMPILING:

    @partial(kernel, inline="always")  # a call with this many arrays takes 1.5 times as long
    def _walk(w, x, start, gradient, many, dw, dx):
        (KH, row), wide = w.shape, x.shape[1]
        patches, images = (w.ctypes.data, dw.ctypes.data), (x.ctypes.data, dx.ctypes.data)
        winners = start.ctypes.data, gradient.ctypes.data, many
        for i in range(KH):
            k = 0
            while k + 3 * LANES <= row:
                _walk_three(*patches, i * row + k, *images, i * wide + k, *winners)
                k += 3 * LANES
            while k + LANES <= row:
                _walk_one(*patches, i * row + k, *images, i * wide + k, *winners)
                k += LANES
            if k < row:
                _walk_rest(w, x, start, gradient, many, dw, dx, i, k)


@kernel
def _walk_rest(w, x, start, gradient, many, dw, dx, i, k):
    """Do `_walk` for the rest of row i, from its k-th float on: fewer than LANES floats."""
    row, wide = w.shape[1], x.shape[1]
    image, dimage = x.reshape(-1), dx.reshape(-1)
    for j in range(many):
        here = start[j] + i * wide
        for rest in range(k, row):
            dw[i, rest] += gradient[j] * image[here + rest]
            dimage[here + rest] += gradient[j] * w[i, rest]


@kernel
def moments(x, mean, var):
    """Set ``mean (C,)`` and ``var (C,)``, float64, of the columns of ``x (M, C)``."""
    M, C = x.shape
    mean[:] = 0
    var[:] = 0
    for m in range(M):
        for c in range(C):
            mean[c] += x[m, c]
    for c in range(C):
        mean[c] /= M
    for m in range(M):
        for c in range(C):
            off = x[m, c] - mean[c]
            var[c] += off * off
    for c in range(C):
        var[c] /= M


@kernel
def normalise(x, mean, var, eps, gamma, beta, inv_std, x_hat, out):
    """Set ``x_hat = (x - mean) * inv_std`` and ``out = gamma * x_hat + beta``, all (M, C).

    ``mean`` and ``var`` are float64; ``inv_std (C,)`` is set, too.
    """
    M, C = x.shape
    for c in range(C):
        inv_std[c] = 1 / np.sqrt(var[c] + eps)
    for m in range(M):
        for c in range(C):
            x_hat[m, c] = (x[m, c] - np.float32(mean[c])) * inv_std[c]
            out[m, c] = gamma[c] * x_hat[m, c] + beta[c]


@kernel
def normalise_backward(dout, x_hat, gamma, inv_std, dgamma, dbeta, dx):
    """Set the three gradients of `normalise` with the batch's own moments."""
    M, C = dout.shape
    dgamma[:] = 0
    dbeta[:] = 0
    for m in range(M):
        for c in range(C):
            dgamma[c] += dout[m, c] * x_hat[m, c]
            dbeta[c] += dout[m, c]
    for m in range(M):
        for c in range(C):
            same = (dbeta[c] + x_hat[m, c] * dgamma[c]) / np.float32(M)
            dx[m, c] = gamma[c] * inv_std[c] * (dout[m, c] - same)


@kernel
def drop(bits, threshold, factor, x, scale, out):
    """Set ``scale`` to 0 where ``bits``, uint16, are below the threshold, else to ``factor``.

    ``out`` is ``x * scale``.
    """
    kept = np.float32(factor)
    for i in range(len(x)):
        scale[i] = kept if bits[i] >= threshold else np.float32(0)
        out[i] = x[i] * scale[i]


@kernel
def cross_entropy(logits, target, factor, dlogits):
    """Return ``factor`` times the sum of -target * log(softmax(logits)), all (N, K).

    ``dlogits`` is set to its gradient; see `nn.SoftmaxCrossEntropy`.
    """
    N, K = logits.shape
    loss, scale = 0.0, np.float32(factor)
    for n in range(N):
        top = logits[n, 0]
        for k in range(K):
            top = max(top, logits[n, k])
        total = np.float32(0)
        for k in range(K):
            dlogits[n, k] = np.exp(logits[n, k] - top)
            total += dlogits[n, k]
        log_sum = top + np.log(total)
        for k in range(K):
            loss += target[n, k] * (log_sum - logits[n, k])
            dlogits[n, k] = (dlogits[n, k] / total - target[n, k]) * scale
    return factor * loss


# ---- A whole network in one call ----


@kernel
def _read_bytes(op, n, images, out):
    """Bring images of bytes into [0, 1]."""
    row, image_step = op[F.W] * op[F.C], op[F.H] * op[F.W] * op[F.C]
    for image in range(n):
        for y in range(op[F.H]):
            at = image * op[F.out_image_step] + y * op[F.out_row_step]
            first = image * image_step + y * row
            line, pixels = out[at : at + row], images[first : first + row]
            for i in range(row):  # from 0 on: an index that may be negative is slow
                line[i] = np.float32(pixels[i]) * np.float32(1 / 255)


@kernel
def _rescale(op, n, x, out):
    """Copy images, times a factor, plus an offset."""
    numbers = op.view(np.float64)
    factor, offset = np.float32(numbers[F.factor]), np.float32(numbers[F.offset])
    row = op[F.W] * op[F.C]
    for image in range(n):
        for y in range(op[F.H]):
            at = image * op[F.out_image_step] + y * op[F.out_row_step]
            first = image * op[F.image_step] + y * op[F.row_step]
            line, pixels = out[at : at + row], x[first : first + row]
            for i in range(row):
                line[i] = pixels[i] * factor + offset


@kernel
def _rectify(op, n, x, out):
    """Set negative values to 0; a NaN stays."""
    row = op[F.W] * op[F.C]
    for image in range(n):
        for y in range(op[F.H]):
            at = image * op[F.out_image_step] + y * op[F.out_row_step]
            first = image * op[F.image_step] + y * op[F.row_step]
            line, pixels = out[at : at + row], x[first : first + row]
            for i in range(row):
                line[i] = np.float32(0) if pixels[i] < 0 else pixels[i]


@kernel
def _normalise(op, n, x, norm, ends, out):
    """Apply a BatchNorm with its running statistics."""
    C, S = op[F.C], _up(op[F.C], BLOCK)
    _ends(op, x[:0], norm, ends)
    for image in range(n):
        for y in range(op[F.H]):
            at = image * op[F.out_image_step] + y * op[F.out_row_step]
            first = image * op[F.image_step] + y * op[F.row_step]
            for i in range(0, op[F.W] * C, C):
                for c in range(C):
                    value = (x[first + i + c] - ends[S + c]) * ends[2 * S + c]
                    out[at + i + c] = value + ends[3 * S + c]


@kernel
def _pool(op, n, x, out):
    """Take the largest value, or the mean, of each window; padding never wins."""
    C, largest = op[F.C], op[F.kind] == MAX_POOL
    for image in range(n):
        for p in range(op[F.OH]):
            for q in range(op[F.OW]):
                at = image * op[F.out_image_step] + p * op[F.out_row_step] + q * C
                for c in range(C):
                    out[at + c] = -np.inf if largest else 0
                counted = 0
                for t in range(op[F.KH] * op[F.KW]):
                    y = p * op[F.SH] + t // op[F.KW] - op[F.top]
                    z = q * op[F.SW] + t % op[F.KW] - op[F.left]
                    if 0 <= y < op[F.H] and 0 <= z < op[F.W]:
                        first = image * op[F.image_step] + y * op[F.row_step] + z * C
                        counted += 1
                        for c in range(C):
                            value, before = x[first + c], out[at + c]
                            if largest:
                                wins = (value > before) | (value != value)
                                out[at + c] = value if wins else before
                            else:
                                out[at + c] = before + value
                if not largest:
                    size = np.float32(op[F.KH] * op[F.KW] if op[F.count_pad] else counted)
                    for c in range(C):
                        out[at + c] /= size


@kernel
def _dense(op, n, x, w, bias, norm, ends, winner, out):
    """Set each image's ``out (OC,)`` to ``x (C,) @ w (C, OC) + bias``, finished by `_write`."""
    C, OC, S = op[F.C], op[F.OC], _up(op[F.OC], BLOCK)
    _ends(op, bias, norm, ends)
    for image in range(n):
        first = image * op[F.image_step]
        for channel in range(0, OC, BLOCK):
            if OC == TEN:
                sums = ends[4 * S :]
                _ten_outputs(x, first, w, C, sums)
                value = load(ends, channel) + load(sums, 0)
            else:
                value = load(ends, channel) + _outputs(x, first, w, C, OC, channel)
            if op[F.norm] == BEFORE:
                value = _normed(value, ends, S, channel)
            at = image * op[F.out_image_step] + channel
            _write(
                value, splat_byte(0), op[F.relu], op[F.norm], ends, S, channel, OC - channel,
                out, winner, at,
            )  # fmt: skip


@inlined
def _outputs(x, first, w, C, OC, channel):
    """Return the sums of BLOCK outputs of one image.

    Four sums, each of every fourth term, keep the processor from waiting for one of them.
    """
    zero = splat(np.float32(0))
    a, b, c, d = zero, zero, zero, zero
    inside = max(0, (C * OC - channel - BLOCK) // OC) // 4 * 4
    for i in range(0, inside, 4):
        at = i * OC + channel
        a = a + splat(x[first + i]) * load(w, at)
        b = b + splat(x[first + i + 1]) * load(w, at + OC)
        c = c + splat(x[first + i + 2]) * load(w, at + 2 * OC)
        d = d + splat(x[first + i + 3]) * load(w, at + 3 * OC)
    for i in range(inside, C):  # whose vectors may reach behind the last weight
        a = a + splat(x[first + i]) * load_to_end(w, i * OC + channel)
    return (a + b) + (c + d)


@kernel
def _ten_outputs(x, first, w, C, sums):
    """Set ``sums (5 * BLOCK,)`` to one image's ten outputs, and zeros up to BLOCK floats.

    A vector of ten outputs would leave most of its lanes empty; see `sums_for_ten`.
    """
    many = C // HALF
    a, b, c, d, e = sums_for_ten(x, first, w, many)
    store(sums, 0, a)
    store(sums, BLOCK, b)
    store(sums, 2 * BLOCK, c)
    store(sums, 3 * BLOCK, d)
    store(sums, 4 * BLOCK, e)
    for i in range(TEN, 5 * BLOCK, TEN):
        for o in range(TEN):
            sums[o] += sums[i + o]
    for i in range(many * HALF, C):
        for o in range(TEN):
            sums[o] += x[first + i] * w[i * TEN + o]
    sums[TEN:BLOCK] = 0


@kernel
def _softmax(op, n, x, out):
    """Turn each image's logits (C,) into probabilities."""
    for image in range(n):
        first, at = image * op[F.image_step], image * op[F.out_image_step]
        top = x[first]
        for c in range(op[F.C]):
            top = max(top, x[first + c])
        total = np.float32(0)
        for c in range(op[F.C]):
            out[at + c] = np.exp(x[first + c] - top)
            total += out[at + c]
        for c in range(op[F.C]):
            out[at + c] /= total


@inlined
def _operate(op, n, images, memory, winner):
    """Carry out one operation of `run` on n images."""
    kind, x, out = op[F.kind], memory[op[F.at] :], memory[op[F.out_at] :]
    if kind == READ_BYTES:
        _read_bytes(op, n, images, out)
    elif kind == READ_FLOATS:
        _rescale(op, n, images.view(np.float32), out)
    elif kind == RESCALE:
        _rescale(op, n, x, out)
    elif kind == RECTIFY:
        _rectify(op, n, x, out)
    elif kind == SOFTMAX:
        _softmax(op, n, x, out)
    elif kind in (MAX_POOL, AVG_POOL):
        _pool(op, n, x, out)
    else:
        channels = op[F.OC]
        scratch, bias = memory[op[F.scratch] :], floats_at(op[F.b], channels if op[F.b] else 0)
        normed = channels if op[F.norm] else 0
        norm = (
            floats_at(op[F.mean], normed), floats_at(op[F.var], normed),
            floats_at(op[F.gamma], normed), floats_at(op[F.beta], normed),
        )  # fmt: skip
        if kind == NORMALISE:
            _normalise(op, n, x, norm, scratch, out)
        else:
            w = floats_at(op[F.w], op[F.KH] * op[F.KW] * op[F.C] * channels)
            if kind == DENSE:
                _dense(op, n, x, w, bias, norm, scratch, winner, out)
            else:
                kept = memory[op[F.kept] : op[F.kept] + op[F.kept_size]]
                convolve(op, n, x, w, bias, norm, kept, scratch, out, winner)


@kernel
def run(operations, images, memory, group, out):
    """Set ``out`` (N, K) to what a network makes of N images; return whether all of it is finite.

    Parameters
    ----------
    operations : ndarray of int64, (operations, fields)
        See `Operation`; the last one's output is (N, K).
    images : ndarray of uint8
        All of them, flat; floats as their bytes.
    memory : ndarray of float32
        The operations' working memory, for ``group`` images at a time.
    """
    N, K = out.shape
    size = len(images) // N
    winner = images[:0]
    last = operations[len(operations) - 1]
    finite = True
    for first in range(0, N, group):
        n = min(group, N - first)
        for i in range(len(operations)):
            _operate(operations[i], n, images[first * size :], memory, winner)
        for image in range(n):
            at = last[F.out_at] + image * last[F.out_image_step]
            for k in range(K):
                value = memory[at + k]
                out[first + image, k] = value
                finite &= np.isfinite(value)
    return finite
