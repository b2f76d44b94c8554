"""The inner loops of `nn.fast.fuse`, compiled.

Every kernel is serial and lets go of the GIL: the batch is split over threads one level up. It
takes contiguous arrays, of float32 unless said otherwise, writes into arrays that it is given, and
checks nothing; `nn.fast.layers` does. Sums in another order than the plain layers' may differ in
the last bits. They are all in this one file, because numba tells by a kernel's file
whether what it kept on disk is still good: a kernel elsewhere would not see that one of these which
it calls has changed.

Shapes: images are ``x (N, H, W * C)``, padded already; a row of a patch is KW * C neighbouring
floats. ``winner (N, OH, OW, OC)`` says, for each value that left a block of convolution, ReLU and
pool, which of the P = PH * PW places of its pool window it came from, in reading order, or DEAD.
A patch is known by the float at which it begins in its image, ``start``, and its k-th float by how
far behind that it lies, ``tap[k]``: no patch is ever copied.
"""

from functools import partial
from itertools import chain

import numba
import numpy as np
from llvmlite import binding, ir
from numba import njit, types
from numba.core import cgutils
from numba.core.dispatcher import Dispatcher
from numba.extending import intrinsic

LANES = 16
"""Floats in one vector, the widest there is; other processors take two or four for it. Where rows
of patches are shorter, weights get their gradient by dense products: a walk would be slower."""

ROWS = 4
"""Rows of a product that are summed up at a time: with fewer, one sum would wait for another."""

VECTORS = range(2 if binding.get_host_cpu_features().get("avx512f") else 1)
"""Of each of these rows: as many as the processor's registers have room for the sums of."""

BLOCK = LANES * len(VECTORS)
"""Floats in them."""

DEAD = 255
"""In place of a winner: the ReLU cut the maximum off, and no gradient passes."""

COMPILING = not numba.config.DISABLE_JIT
"""False where NUMBA_DISABLE_JIT is set: kernels are then Python, for a debugger to follow."""

if not numba.config.CPU_NAME:
    # LLVM shies away from 512-bit vectors, for the sake of processors that slow down with them.
    numba.config.CPU_NAME = binding.get_host_cpu_name()
    numba.config.CPU_FEATURES = binding.get_host_cpu_features().flatten() + ",-prefer-256-bit"

# "contract" lets a * b + c be rounded once instead of twice. No other freedom is given, so NaN and
# infinity behave as in NumPy.
OPTIONS = {"nogil": True, "fastmath": {"contract"}, "error_model": "numpy"}


def kernel(function, **more):
    """Compile ``function`` when it is first called; keep the result on disk if there is room."""
    try:
        return njit(cache=True, **OPTIONS, **more)(function)
    except RuntimeError:  # numba found no folder that it can write to
        return njit(**OPTIONS, **more)(function)


def compiled() -> int:
    """Return how many kernels this process has compiled, because they were not on disk."""
    made = [item for item in globals().values() if isinstance(item, Dispatcher)]
    return sum(len(item.signatures) - sum(item.stats.cache_hits.values()) for item in made)


def _broadcast(builder, factor):
    """Return a vector that has this float in every lane."""
    nothing, first = ir.Constant(VECTOR, ir.Undefined), ir.Constant(ir.IntType(32), 0)
    everywhere = ir.Constant(ir.VectorType(ir.IntType(32), LANES), [0] * LANES)
    vector = builder.insert_element(nothing, factor, first)
    return builder.shuffle_vector(vector, nothing, everywhere)


def _item(builder, array, kind, i):
    """Return where item ``i`` of an array of this kind is, which is given by its address."""
    return builder.gep(builder.inttoptr(array, kind.as_pointer()), [i])


def _vector(builder, array, i, v):
    """Return where the v-th vector is, from the float ``i`` of an array on."""
    i = builder.add(i, ir.Constant(i.type, v * LANES))
    return builder.bitcast(_item(builder, array, FLOAT, i), VECTOR.as_pointer())


def _load(builder, place):
    return builder.load(place, align=4)


def _add(builder, total, factor, vector):
    """Return total + factor * vector, rounded once."""
    return builder.fadd(total, builder.fmul(factor, vector, ("contract",)), ("contract",))


# Numba knows no vectors: in loops of its own, LLVM would load and store the sums again for every
# term. So the two innermost loops are put together by hand, with their sums in registers. They are
# given arrays by their addresses.

FLOAT, VECTOR = ir.FloatType(), ir.VectorType(ir.FloatType(), LANES)
ADDRESS, INTEGER = types.uintp, types.intp


@intrinsic
def _product_of_rows(_typing, x, row, tap, many, v, v_step, out, out_step, add):
    """Set ``out[r]``, ROWS times a BLOCK, to the sum of ``x[row[r] + tap[j]] * v[j]`` over many j.

    Or add it to what is there. Rows of ``v`` and ``out`` are so many floats from one another.
    """

    def build(_context, builder, _signature, args):
        x, row, tap, many, v, v_step, out, out_step, add = args

        def constant(i):
            return ir.Constant(many.type, i)

        def load_place(array, i):
            return builder.load(_item(builder, array, many.type, i))

        starts = [load_place(row, constant(r)) for r in range(ROWS)]
        zeros = ir.Constant(VECTOR, [0.0] * LANES)
        sums, places = [], []
        for r in range(ROWS):
            line = builder.mul(out_step, constant(r))
            sums.append([cgutils.alloca_once_value(builder, zeros) for _ in VECTORS])
            places.append([_vector(builder, out, line, u) for u in VECTORS])
        targets = [*zip(chain(*sums), chain(*places), strict=True)]
        with builder.if_then(add):
            for total, place in targets:
                builder.store(_load(builder, place), total)
        with cgutils.for_range(builder, many) as loop:
            j = builder.mul(v_step, loop.index)
            vectors = [_load(builder, _vector(builder, v, j, u)) for u in VECTORS]
            behind = load_place(tap, loop.index)
            for start, totals in zip(starts, sums, strict=True):
                seen = builder.load(_item(builder, x, FLOAT, builder.add(start, behind)))
                factor = _broadcast(builder, seen)
                for total, vector in zip(totals, vectors, strict=True):
                    builder.store(_add(builder, builder.load(total), factor, vector), total)
        for total, place in targets:
            builder.store(builder.load(total), place, align=4)

    given = ADDRESS, ADDRESS, ADDRESS, INTEGER, ADDRESS, INTEGER, ADDRESS, INTEGER, types.boolean
    return types.void(*given), build


def _walker(vectors):
    """Return what `_walk` does to so many vectors of a patch's row.

    ``k`` is the first float looked at in w and dw, ``at`` in x and dx.
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
            g = _broadcast(builder, builder.load(_item(builder, gradient, FLOAT, loop.index)))
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


def _product(x, row, tap, v, out, add):
    """Set ``out (R, S)`` to the product of the matrices ``x[row[r] + tap[j]]`` and ``v[j, s]``.

    Or add it to what is there. ``v (S // BLOCK, J, BLOCK)`` has its columns in blocks; R is a
    multiple of ROWS.
    """
    factors = x.reshape(-1)[row[:, None] + tap]
    product = np.concatenate([factors @ block for block in v], axis=1)
    out[...] = out + product if add else product


if COMPILING:

    @kernel
    def _product(x, row, tap, v, out, add):
        (R, S), size = out.shape, out.itemsize
        for b in range(len(v)):
            for r in range(0, R, ROWS):
                _product_of_rows(
                    x.ctypes.data, row[r:].ctypes.data, tap.ctypes.data, len(tap),
                    v[b].ctypes.data, v.strides[1] // size,
                    out.ctypes.data + (r * S + b * BLOCK) * size, S, add,
                )  # fmt: skip


@kernel
def _places(rows, down, columns, right, size):
    """Return where the places of a grid begin, in reading order, then zeros up to ``size``."""
    places = np.zeros(size, np.intp)
    for i in range(rows):
        for j in range(columns):
            places[i * columns + j] = i * down + j * right
    return places


@kernel
def into_blocks(w, blocks):
    """Copy ``w (K, OC)`` into ``blocks (S // BLOCK, K, BLOCK)``, columns side by side."""
    K, OC = w.shape
    for b in range(len(blocks)):
        first = b * BLOCK
        for k in range(K):
            for o in range(min(BLOCK, OC - first)):
                blocks[b, k, o] = w[k, first + o]


@kernel
def convolve(x, w, bias, row, stride_h, step, pool_h, pool_w, conv, out, winner):
    """Set ``out`` and ``winner`` to those of a block with the weights ``w (S // BLOCK, K, BLOCK)``.

    ``conv (R, S)`` is working space for the maps of one image, which so stay in the cache: R is
    the number of its stops and S that of channels, rounded up to whole ROWS and BLOCKs. A patch has
    K = KH * row floats; ``row = KW * C`` and ``step = SW * C``.
    """
    (_, OH, OW, _), (R, S), K, wide = out.shape, conv.shape, w.shape[1], x.shape[2]
    CH, CW = OH * pool_h, OW * pool_w
    start, tap = _places(CH, stride_h * wide, CW, step, R), _places(K // row, wide, row, 1, K)
    maps = conv[: CH * CW].reshape(CH, CW, S)
    for n in range(len(x)):
        _product(x[n], start, tap, w, conv, False)
        pool_relu(maps, bias, pool_h, pool_w, out[n], winner[n])


@kernel
def dense_weight_gradient(x, winner, dout, KH, row, stride_h, step, pool_h, pool_w, dconv, dw):
    """Set ``dw (KH * row, rounded up to whole ROWS, S)`` by products, with zeros and all.

    The matrix of `convolve`'s patches, transposed, is itself with its lists of places exchanged.
    """
    (_, OH, OW, _), (R, S), wide = dout.shape, dconv.shape, x.shape[2]
    CH, CW = OH * pool_h, OW * pool_w
    start, tap = _places(CH, stride_h * wide, CW, step, CH * CW), _places(KH, wide, row, 1, len(dw))
    maps = dconv[: CH * CW].reshape(CH, CW, S)
    blocks = dconv.reshape(R, S // BLOCK, BLOCK).transpose(1, 0, 2)[:, : CH * CW]
    dw[:] = 0
    for n in range(len(x)):
        unpool(winner[n], dout[n], pool_h, pool_w, maps)
        _product(x[n], tap, start, blocks, dw, True)


@partial(kernel, inline="always")  # as a call of its own it would keep LLVM from using vectors
def _better(value, place, best, winner):
    """Return ``value`` and its place if it is above ``best`` or NaN, else ``best`` and its own."""
    wins = (value > best) | (value != value)
    return value if wins else best, place if wins else winner


@partial(kernel, inline="always")
def _rectified(value, place):
    """Return what the ReLU makes of a maximum, and its place, or DEAD."""
    return np.float32(0) if value <= 0 else value, place if value > 0 else np.int32(DEAD)


@kernel
def pool_relu(conv, bias, pool_h, pool_w, out, winner):
    """Take each window's maximum of one image's ``conv``, add the bias, cut off at zero.

    ``conv`` is (OH * pool_h, OW * pool_w, OC or more). The first of equal values wins, and a NaN
    over every number, as in `nn.layers.pool.MaxPool2D`.
    """
    OH, OW, OC = out.shape
    for p in range(OH):
        for q in range(OW):
            best, place = out[p, q], winner[p, q]
            if pool_h == 2 and pool_w == 2:  # the usual pool: all of it stays in registers
                above, below = conv[2 * p], conv[2 * p + 1]
                a, b, c, d = above[2 * q], above[2 * q + 1], below[2 * q], below[2 * q + 1]
                for o in range(OC):
                    value, t = _better(b[o], np.int32(1), a[o], np.int32(0))
                    value, t = _better(c[o], np.int32(2), value, t)
                    value, t = _better(d[o], np.int32(3), value, t)
                    best[o], place[o] = _rectified(value + bias[o], t)
            else:
                first = conv[p * pool_h, q * pool_w]
                for o in range(OC):
                    best[o], place[o] = first[o], 0
                for t in range(1, pool_h * pool_w):
                    here = conv[p * pool_h + t // pool_w, q * pool_w + t % pool_w]
                    for o in range(OC):
                        best[o], place[o] = _better(here[o], t, best[o], place[o])
                for o in range(OC):
                    best[o], place[o] = _rectified(best[o] + bias[o], np.int32(place[o]))


@kernel
def unpool(winner, dout, pool_h, pool_w, dconv):
    """Write each gradient of an image to its winner's place in ``dconv``, zeros everywhere else."""
    OH, OW, OC = dout.shape
    for p in range(OH):
        for q in range(OW):
            place, g = winner[p, q], dout[p, q]
            for t in range(pool_h * pool_w):
                target = dconv[p * pool_h + t // pool_w, q * pool_w + t % pool_w]
                here = np.uint8(t)
                for o in range(OC):
                    target[o] = g[o] if place[o] == here else np.float32(0)


@kernel
def bias_gradient(winner, dout, db):
    """Set ``db (OC,)`` to the sum of the gradients that pass."""
    N, OH, OW, OC = dout.shape
    for o in range(OC):
        db[o] = 0
    for n in range(N):
        for p in range(OH):
            for q in range(OW):
                place, g = winner[n, p, q], dout[n, p, q]
                for o in range(OC):
                    db[o] += g[o] if place[o] != DEAD else np.float32(0)


@kernel
def gradients(x, w, winner, dout, stride_h, step, pool_h, pool_w, dw, dx, start, gradient):
    """Add up dw[o] += dout * patch and dx[patch] += dout * w[o] over the winners alone.

    ``w`` and ``dw (OC, KH, KW * C)`` have each channel's weights together; ``dw`` and ``dx``, in
    the shape of x, are set. ``start (OH * OW + 1,)`` and ``gradient`` are working space: where the
    patches of one channel's winners begin in the image, and what reaches them.
    """
    N, OH, OW, OC = dout.shape
    wide = x.shape[2]
    places = np.zeros(DEAD + 1, np.intp)
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
                    many += t != DEAD
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

    @partial(kernel, inline="always")  # a call with so many arrays would take half as long again
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
    """Do what `_walk` does to the end of row i, from its k-th float on."""
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
def normalise(x, mean, inv_std, gamma, beta, x_hat, out):
    """Set ``x_hat = (x - mean) * inv_std`` and ``out = gamma * x_hat + beta``, all (M, C)."""
    M, C = x.shape
    for m in range(M):
        for c in range(C):
            x_hat[m, c] = (x[m, c] - mean[c]) * inv_std[c]
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
def drop(draw, rate, x, scale, out):
    """Set ``scale`` to 0 where the draw is below the rate, else 1 / (1 - rate); scale ``x``."""
    kept = np.float32(1 / (1 - rate))
    for i in range(len(x)):
        scale[i] = kept if draw[i] >= rate else np.float32(0)
        out[i] = x[i] * scale[i]
