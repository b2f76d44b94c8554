"""The inner loops of `nn.fast`, compiled.

Every kernel is serial and lets go of the GIL: the batch is split over threads one level up. It
takes contiguous arrays, of float32 unless said otherwise, writes into arrays that it is given, and
checks nothing; `nn.fastlayers` does. What is added up in another order than in the plain layers may
differ in the last bits. They are all in this one file, because numba tells by a kernel's file
whether what it kept on disk is still good: a kernel elsewhere would not see that one of these which
it calls has changed.

Shapes: images are ``x (N, H, W * C)``, padded already; a row of a patch is KW * C neighbouring
floats. ``winner (N, OH, OW, OC)`` says, for each value that left a block of convolution, ReLU and
pool, which of the P = PH * PW places of its pool window it came from, in reading order, or DEAD.
"""

from functools import partial

import numba
import numpy as np
from llvmlite import binding, ir
from numba import carray, cfunc, njit, types
from numba.core import cgutils
from numba.core.dispatcher import Dispatcher
from numba.extending import intrinsic

from .blas import sgemm_address

LANES = 16
"""Floats in one vector, the widest there is. Patches whose rows have fewer are copied tap by tap,
and their weights get a dense product: walking the winners would be slower."""

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


def _sgemm_type(pointer):
    """Return the type of ``cblas_sgemm``: order, two transpositions, M, N, K, alpha, A, ..."""
    one, size, number = types.int32, types.int64, types.float32
    return types.void(
        one, one, one, size, size, size, number, pointer, size, pointer, size, number, pointer, size
    )


def _own_sgemm(order, trans_a, trans_b, M, N, K, alpha, a, lda, b, ldb, beta, c, ldc):
    """Do what `_matmul` asks of ``cblas_sgemm``, where there is none with this interface."""
    B, C = carray(b, (K, ldb)), carray(c, (M, ldc))
    A = carray(a, (K, lda) if trans_a == TRANSPOSED else (M, lda))
    for m in range(M):
        for n in range(N):
            C[m, n] = C[m, n] * beta if beta != 0 else np.float32(0)
        for k in range(K):
            factor = A[k, m] if trans_a == TRANSPOSED else A[m, k]
            for n in range(N):
                C[m, n] += factor * B[k, n]


ROW_MAJOR, AS_IT_IS, TRANSPOSED = 101, 111, 112  # CBLAS's names for them

if COMPILING:
    _address = sgemm_address()
    if _address is None:
        _compiled_sgemm = cfunc(_sgemm_type(types.CPointer(types.float32)))(_own_sgemm)
        _address = _compiled_sgemm.address
    # By name, so that compiled kernels can be kept on disk: addresses change from run to run.
    binding.add_symbol("nn_sgemm", _address)
    _sgemm = types.ExternalFunction("nn_sgemm", _sgemm_type(types.uintp))


def compiled() -> int:
    """Return how many kernels this process has compiled, because they were not on disk."""
    made = [item for item in globals().values() if isinstance(item, Dispatcher)]
    return sum(len(item.signatures) - sum(item.stats.cache_hits.values()) for item in made)


def _matmul(a, transposed, b, beta, out):
    """Set ``out (M, N)`` to beta * out + a @ b, or a.T @ b; ``b`` is (K, N)."""
    product = (a.T if transposed else a) @ b
    out[:] = product + beta * out if beta else product  # 0 times an old NaN would be NaN


if COMPILING:

    @kernel
    def _matmul(a, transposed, b, beta, out):
        (K, N), M = b.shape, len(out)
        _sgemm(
            ROW_MAJOR, TRANSPOSED if transposed else AS_IT_IS, AS_IT_IS, M, N, K, np.float32(1),
            a.ctypes.data, a.shape[1], b.ctypes.data, N, np.float32(beta), out.ctypes.data, N,
        )  # fmt: skip


def _walker(vectors):
    """Return what `_walk` does to so many vectors of a patch's row, with its sums in registers.

    Numba knows no vectors: LLVM would load and store the sums again for every winner. Arrays are
    given by their addresses; ``k`` is the first float looked at in w and dw, ``at`` in x and dx.
    """
    number, lanes = ir.FloatType(), ir.VectorType(ir.FloatType(), LANES)
    nothing, first = ir.Constant(lanes, ir.Undefined), ir.Constant(ir.IntType(32), 0)
    everywhere = ir.Constant(ir.VectorType(ir.IntType(32), LANES), [0] * LANES)

    def build(_context, builder, _signature, args):
        w, dw, k, x, dx, at, start, gradient, many = args

        def item(base, kind, i):
            return builder.gep(builder.inttoptr(base, kind.as_pointer()), [i])

        def part(base, i, v):
            place = builder.add(i, ir.Constant(i.type, v * LANES))
            return builder.bitcast(item(base, number, place), lanes.as_pointer())

        def load(place):
            return builder.load(place, align=4)

        def add(total, g, factor):
            return builder.fadd(total, builder.fmul(g, factor, ("contract",)), ("contract",))

        weights = [load(part(w, k, v)) for v in range(vectors)]
        sums = [cgutils.alloca_once_value(builder, load(part(dw, k, v))) for v in range(vectors)]
        with cgutils.for_range(builder, many) as loop:
            here = builder.add(at, builder.load(item(start, at.type, loop.index)))
            g = builder.load(item(gradient, number, loop.index))
            g = builder.insert_element(nothing, g, first)
            g = builder.shuffle_vector(g, nothing, everywhere)
            for v in range(vectors):
                seen, target = load(part(x, here, v)), part(dx, here, v)
                builder.store(add(builder.load(sums[v]), g, seen), sums[v])
                builder.store(add(load(target), g, weights[v]), target, align=4)
        for v in range(vectors):
            builder.store(builder.load(sums[v]), part(dw, k, v), align=4)

    address, integer = types.uintp, types.intp

    @intrinsic
    def walk(_typing, w, dw, k, x, dx, at, start, gradient, many):
        given = address, address, integer, address, address, integer, address, address, integer
        return types.void(*given), build

    return walk


if COMPILING:
    _walk_one, _walk_three = _walker(1), _walker(3)


@kernel
def convolve(x, w, bias, row, stride_h, step, pool_h, pool_w, cols, conv, out, winner):
    """Set ``out`` and ``winner`` to those of a block with the weights ``w (KH * row, OC)``.

    As many images at a time as the working space ``conv (few, CH, CW, OC)`` is for: their patches,
    of which ``cols`` has room for as many, stay in the cache. ``row = KW * C`` and
    ``step = SW * C`` floats.
    """
    few, CH, CW, OC = conv.shape
    for start in range(0, len(x), few):
        stop = min(start + few, len(x))
        here, maps = conv[: stop - start], conv[: stop - start].reshape(-1, OC)
        patches, by_tap = _patches(x[start:stop], row, stride_h, step, CH, CW, len(w) // row, cols)
        _matmul(patches, by_tap, w, 0, maps)
        pool_relu(here, bias, pool_h, pool_w, out[start:stop], winner[start:stop])


@kernel
def weight_gradient_by_tap(x, winner, dout, row, stride_h, step, pool_h, pool_w, cols, dconv, dw):
    """Set ``dw (KH * row, OC)`` by dense products, a few images at a time as in `convolve`."""
    few, CH, CW, OC = dconv.shape
    for start in range(0, len(x), few):
        stop = min(start + few, len(x))
        here, maps = dconv[: stop - start], dconv[: stop - start].reshape(-1, OC)
        patches, by_tap = _patches(x[start:stop], row, stride_h, step, CH, CW, len(dw) // row, cols)
        unpool(winner[start:stop], dout[start:stop], pool_h, pool_w, here)
        _matmul(patches, not by_tap, maps, 1 if start else 0, dw)
    if len(x) == 0:
        dw[:] = 0


@kernel
def _patches(x, row, stride_h, step, OH, OW, KH, cols):
    """Write the patches at all stops of ``x`` into ``cols``; return them, and whether by tap.

    By tap they are (KH * row, N * OH * OW): one place of the patch after the other, which is
    quicker to write where its rows are shorter than a vector. Otherwise (N * OH * OW, KH * row).
    """
    N, K = len(x), KH * row
    room = cols[: N * OH * OW * K]
    by_tap = row < LANES
    if by_tap:
        im2col_by_tap(x, row, stride_h, step, room.reshape(K, N, OH, OW))
    else:
        im2col(x, stride_h, step, room.reshape(N, OH, OW, KH, row))
    return room.reshape(K, -1) if by_tap else room.reshape(-1, K), by_tap


@kernel
def im2col(x, stride_h, step, cols):
    """Copy the patch at every stop into ``cols (N, OH, OW, KH, KW * C)``; step = SW * C floats."""
    N, OH, OW, KH, row = cols.shape
    for n in range(N):
        for p in range(OH):
            for q in range(OW):
                for i in range(KH):
                    source = x[n, p * stride_h + i, q * step : q * step + row]
                    target = cols[n, p, q, i]
                    for k in range(row):
                        target[k] = source[k]


@kernel
def im2col_by_tap(x, row, stride_h, step, taps):
    """Copy what each tap of the kernel sees at every stop into ``taps (KH * row, N, OH, OW)``.

    These are the columns of `im2col`'s matrix; ``row = KW * C``.
    """
    K, N, OH, OW = taps.shape
    for k in range(K):
        i, j = k // row, k % row
        for n in range(N):
            for p in range(OH):
                source, target = x[n, p * stride_h + i, j:], taps[k, n, p]
                if step == 1:
                    for q in range(OW):
                        target[q] = source[q]
                else:
                    for q in range(OW):
                        target[q] = source[q * step]


@partial(kernel, inline="always")  # as a call of its own it would keep LLVM from using vectors
def _better(value, place, best, winner):
    """Return ``value`` and its place if it is above ``best`` or NaN, else ``best`` and its own."""
    wins = (value > best) | (value != value)
    return value if wins else best, place if wins else winner


@kernel
def pool_relu(conv, bias, pool_h, pool_w, out, winner):
    """Take each window's maximum of ``conv``, add the bias, cut off at zero, note the winner.

    The first of equal values wins, and a NaN over every number, as in `nn.pool.MaxPool2D`.
    """
    N, OH, OW, OC = out.shape
    for n in range(N):
        for p in range(OH):
            for q in range(OW):
                best, place = out[n, p, q], winner[n, p, q]
                if pool_h == 2 and pool_w == 2:  # the usual pool: its winner stays in a register
                    above, below = conv[n, 2 * p], conv[n, 2 * p + 1]
                    a, b, c, d = above[2 * q], above[2 * q + 1], below[2 * q], below[2 * q + 1]
                    for o in range(OC):
                        value, t = _better(b[o], np.int32(1), a[o], np.int32(0))
                        value, t = _better(c[o], np.int32(2), value, t)
                        best[o], place[o] = _better(d[o], np.int32(3), value, t)
                else:
                    first = conv[n, p * pool_h, q * pool_w]
                    for o in range(OC):
                        best[o], place[o] = first[o], 0
                    for t in range(1, pool_h * pool_w):
                        here = conv[n, p * pool_h + t // pool_w, q * pool_w + t % pool_w]
                        for o in range(OC):
                            best[o], place[o] = _better(here[o], t, best[o], place[o])
                for o in range(OC):
                    value = best[o] + bias[o]
                    place[o] = place[o] if value > 0 else DEAD
                    best[o] = np.float32(0) if value <= 0 else value


@kernel
def unpool(winner, dout, pool_h, pool_w, dconv):
    """Write each gradient to its winner's place in ``dconv``, and zeros everywhere else."""
    N, OH, OW, OC = dout.shape
    for n in range(N):
        for p in range(OH):
            for q in range(OW):
                place, g = winner[n, p, q], dout[n, p, q]
                for t in range(pool_h * pool_w):
                    target = dconv[n, p * pool_h + t // pool_w, q * pool_w + t % pool_w]
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
    """Set the three gradients of `normalise` with the batch's own moments; see `nn.batchnorm`."""
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
