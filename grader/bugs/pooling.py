"""Common mistakes in the pooling exercises."""

from grader.bugs import Bug

_ROWS = "rows = slice(kh, kh + stride * OH, stride)"
_COLS = "cols = slice(kw, kw + stride * OW, stride)"
_ENDS = (
    "    boundaries = np.ceil(alpha * (index + u)).astype(int) - 1\n"
    "    boundaries[0] = 0\n"
    "    boundaries[-1] = input_size\n"
)
_KEPT = "the upstream gradient is changed in place: another layer may still need it, so work on a copy."
_GAPS = "windows are `stride` pixels apart, not one window size: they may overlap or leave gaps."
_OVERLAP = "an entry that lies in several windows gets the sum of their gradients: +=, not =."
_SWAPPED = "height and width are swapped: the first image axis is H (rows), the second W (columns)."


def _window_mistakes(slug: str, layer: str) -> list[Bug]:
    """Return the mistakes that max and average pooling share."""
    forward, backward = f"{layer}_forward", f"{layer}_backward"
    check = f"check_{slug}_{'dx' if slug == backward else 'values'}"
    shared = [
        Bug(
            f"{slug}/stride_in_rows_only",
            replace=_COLS,
            by="cols = slice(kw, kw + OW)",
            caught_by=check,
            hint="the stride is used for the rows but not for the columns of the windows.",
        ),
        Bug(
            f"{slug}/stride_is_the_window",
            replace=f"            {_ROWS}\n            {_COLS}",
            by="            rows = slice(kh, kh + KH * OH, KH)\n            cols = slice(kw, kw + KW * OW, KW)",
            caught_by=check,
            hint=_GAPS,
        ),
    ]
    if slug == forward:
        shared += [
            Bug(
                f"{slug}/swaps_height_and_width",
                replace="return out, cache",
                by="return out.transpose(0, 1, 3, 2), cache",
                caught_by=check,
                hint=_SWAPPED,
            ),
            Bug(
                f"{slug}/rounds_up",
                replace="OH = (H - KH) // stride + 1",
                by="OH = -(-(H - KH) // stride) + 1",
                caught_by=check,
                hint="where the stride does not divide evenly the output size is rounded down, not up.",
            ),
        ]
    else:
        shared += [
            Bug(
                f"{slug}/overwrites_the_upstream_gradient",
                replace="OH, OW = dout.shape[2:]",
                by="OH, OW = dout.shape[2:]\n    dout /= KH * KW + 1",
                caught_by=f"check_{slug}_keeps_inputs",
                hint=_KEPT,
            ),
        ]
    return shared


BUGS = [
    *_window_mistakes("max_pool2d_forward", "max_pool2d"),
    Bug(
        "max_pool2d_forward/starts_at_zero",
        replace="out = np.full((N, C, OH, OW), -np.inf, dtype=x.dtype)",
        by="out = np.zeros((N, C, OH, OW), dtype=x.dtype)",
        caught_by="check_max_pool2d_forward_values",
        hint="the running maximum starts at 0, so negative windows come out as 0: start at -infinity.",
    ),
    Bug(
        "max_pool2d_forward/minimum",
        replace="            np.maximum(out, x[:, :, rows, cols], out=out)",
        by="            out = np.where(np.isinf(out), x[:, :, rows, cols], np.minimum(out, x[:, :, rows, cols]))",
        caught_by="check_max_pool2d_forward_values",
        hint="this is the smallest entry of each window, not the largest.",
    ),
    Bug(
        "max_pool2d_forward/largest_magnitude",
        replace="            np.maximum(out, x[:, :, rows, cols], out=out)",
        by="            window = x[:, :, rows, cols]\n"
        "            out = np.where(np.isinf(out) | (np.abs(window) > np.abs(out)), window, out)",
        caught_by="check_max_pool2d_forward_values",
        hint="the entry with the largest magnitude is taken; the maximum of -3 and 1 is 1.",
    ),
    Bug(
        "max_pool2d_forward/absolute_value",
        replace="    cache = (x, out, kernel_size, stride)",
        by="    magnitude = np.zeros_like(out)\n"
        "    for kh in range(KH):\n"
        "        for kw in range(KW):\n"
        "            window = x[:, :, kh : kh + stride * OH : stride, kw : kw + stride * OW : stride]\n"
        "            magnitude = np.maximum(magnitude, np.abs(window))\n"
        "    cache = (x, out, kernel_size, stride)\n"
        "    return magnitude, cache",
        caught_by="check_max_pool2d_forward_values",
        hint="this is the maximum of the absolute values: -5 is smaller than 2.",
    ),
    Bug(
        "max_pool2d_forward/over_the_channels",
        replace="cache = (x, out, kernel_size, stride)",
        by="out = np.broadcast_to(out.max(axis=1, keepdims=True), out.shape).copy()\n"
        "    cache = (x, out, kernel_size, stride)",
        caught_by="check_max_pool2d_forward_values",
        hint="the maximum runs over the channels too: every channel is pooled on its own.",
    ),
    *_window_mistakes("max_pool2d_backward", "max_pool2d"),
    Bug(
        "max_pool2d_backward/assigns",
        replace="dx[:, :, rows, cols] += winner * dout",
        by="dx[:, :, rows, cols] = np.where(winner, dout, dx[:, :, rows, cols])",
        caught_by="check_max_pool2d_backward_dx",
        hint=_OVERLAP,
    ),
    Bug(
        "max_pool2d_backward/overlap_erases",
        replace="dx[:, :, rows, cols] += winner * dout",
        by="dx[:, :, rows, cols] = winner * dout",
        caught_by="check_max_pool2d_backward_dx",
        hint="the next window erases what the last one left: dx[window] += ..., not dx[window] = ...",
    ),
    Bug(
        "max_pool2d_backward/to_all_entries",
        replace="waiting &= ~winner",
        by="dx[:, :, rows, cols] += ~winner * dout",
        caught_by="check_max_pool2d_backward_dx",
        hint="every entry of the window gets the gradient; only its maximum had an influence on the output.",
    ),
    Bug(
        "max_pool2d_backward/maximum_of_the_whole_channel",
        replace="winner = waiting & (x[:, :, rows, cols] == out)",
        by="winner = waiting & (x[:, :, rows, cols] == x.max(axis=(2, 3), keepdims=True))",
        caught_by="check_max_pool2d_backward_dx",
        hint="each window has its own maximum: compare with the maximum of the window, not of the whole channel.",
    ),
    Bug(
        "max_pool2d_backward/writes_the_mask",
        replace="dx[:, :, rows, cols] += winner * dout",
        by="dx[:, :, rows, cols] += winner",
        caught_by="check_max_pool2d_backward_dx",
        hint="dx holds ones: multiply the mask by the upstream gradient dout.",
    ),
    Bug(
        "max_pool2d_backward/multiplies_by_x",
        replace="dx[:, :, rows, cols] += winner * dout",
        by="dx[:, :, rows, cols] += winner * dout * x[:, :, rows, cols]",
        caught_by="check_max_pool2d_backward_dx",
        hint="the maximum passes its entry on unchanged: its derivative is 1, not the value of the entry.",
    ),
    Bug(
        "max_pool2d_backward/averages",
        replace="dx[:, :, rows, cols] += winner * dout",
        by="dx[:, :, rows, cols] += winner * dout / (KH * KW)",
        caught_by="check_max_pool2d_backward_dx",
        hint="the whole gradient goes to the maximum; it is not shared among the KH * KW entries.",
    ),
    *_window_mistakes("avg_pool2d_forward", "avg_pool2d"),
    Bug(
        "avg_pool2d_forward/sum",
        replace="out /= KH * KW",
        by="out /= 1",
        caught_by="check_avg_pool2d_forward_values",
        hint="this is the sum of each window: divide by its KH * KW entries.",
    ),
    Bug(
        "avg_pool2d_forward/divides_by_one_side",
        replace="out /= KH * KW",
        by="out /= KH",
        caught_by="check_avg_pool2d_forward_values",
        hint="a window has KH * KW entries; here the sum is divided by KH only.",
    ),
    Bug(
        "avg_pool2d_forward/square_window",
        replace="out /= KH * KW",
        by="out /= KH**2",
        caught_by="check_avg_pool2d_forward_values",
        hint="a window has KH * KW entries; here the sum is divided by KH * KH.",
    ),
    Bug(
        "avg_pool2d_forward/divides_by_the_stride",
        replace="out /= KH * KW",
        by="out /= stride**2",
        caught_by="check_avg_pool2d_forward_values",
        hint="a window has KH * KW entries; the stride says how far apart windows are, not how large.",
    ),
    *_window_mistakes("avg_pool2d_backward", "avg_pool2d"),
    Bug(
        "avg_pool2d_backward/forgets_to_share",
        replace="share = dout / (KH * KW)",
        by="share = dout",
        caught_by="check_avg_pool2d_backward_dx",
        hint="each of the KH * KW entries of a window contributes 1 / (KH * KW) of the mean.",
    ),
    Bug(
        "avg_pool2d_backward/square_window",
        replace="share = dout / (KH * KW)",
        by="share = dout / (KH * KH)",
        caught_by="check_avg_pool2d_backward_dx",
        hint="a window has KH * KW entries; here the gradient is divided by KH * KH.",
    ),
    Bug(
        "avg_pool2d_backward/divides_by_the_output_size",
        replace="share = dout / (KH * KW)",
        by="share = dout / (OH * OW)",
        caught_by="check_avg_pool2d_backward_dx",
        hint="the mean was over the window (KH * KW entries), not over the output (OH * OW).",
    ),
    Bug(
        "avg_pool2d_backward/assigns",
        replace="dx[:, :, rows, cols] += share",
        by="dx[:, :, rows, cols] = share",
        caught_by="check_avg_pool2d_backward_dx",
        hint=_OVERLAP,
    ),
    Bug(
        "avg_pool2d_backward/first_entry_only",
        replace="for kw in range(KW):",
        by="for kw in range(1):",
        caught_by="check_avg_pool2d_backward_dx",
        hint="only the first column of each window gets a gradient: every entry has its share.",
    ),
    Bug(
        "global_avg_pool_forward/sum",
        replace="out = x.mean(axis=(2, 3))",
        by="out = x.sum(axis=(2, 3))",
        caught_by="check_global_avg_pool_forward_values",
        hint="this is the sum over the pixels: divide by H * W.",
    ),
    Bug(
        "global_avg_pool_forward/keeps_the_axes",
        replace="out = x.mean(axis=(2, 3))",
        by="out = x.mean(axis=(2, 3), keepdims=True)",
        caught_by="check_global_avg_pool_forward_values",
        hint="the two image axes are still there with size 1: the result is (N, C).",
    ),
    Bug(
        "global_avg_pool_forward/maximum",
        replace="out = x.mean(axis=(2, 3))",
        by="out = x.max(axis=(2, 3))",
        caught_by="check_global_avg_pool_forward_values",
        hint="this is the maximum over the pixels; the layer takes the mean.",
    ),
    Bug(
        "global_avg_pool_forward/over_the_channels",
        replace="out = x.mean(axis=(2, 3))",
        by="out = np.broadcast_to(x.mean(axis=(1, 2, 3))[:, None], x.shape[:2]).copy()",
        caught_by="check_global_avg_pool_forward_values",
        hint="the mean runs over the channels too: every channel has its own.",
    ),
    Bug(
        "global_avg_pool_forward/over_the_batch",
        replace="out = x.mean(axis=(2, 3))",
        by="out = np.broadcast_to(x.mean(axis=(0, 2, 3)), x.shape[:2]).copy()",
        caught_by="check_global_avg_pool_forward_values",
        hint="the mean runs over the images of the batch too (that is batch norm): every image has its own.",
    ),
    Bug(
        "global_avg_pool_backward/forgets_to_share",
        replace="/ (H * W)",
        by="/ 1",
        caught_by="check_global_avg_pool_backward_dx",
        hint="each of the H * W pixels contributes 1 / (H * W) of the mean.",
    ),
    Bug(
        "global_avg_pool_backward/divides_by_the_height",
        replace="/ (H * W)",
        by="/ H",
        caught_by="check_global_avg_pool_backward_dx",
        hint="a channel has H * W pixels; here the gradient is divided by one side only.",
    ),
    Bug(
        "global_avg_pool_backward/divides_by_the_batch",
        replace="/ (H * W)",
        by="/ (N * H * W)",
        caught_by="check_global_avg_pool_backward_dx",
        hint="the mean is over the pixels of one image: do not divide by N.",
    ),
    Bug(
        "global_avg_pool_backward/does_not_spread",
        replace="return dx",
        by="return dout / (H * W)",
        caught_by="check_global_avg_pool_backward_dx",
        hint="dx must have the shape of x: every pixel of a channel gets the same share.",
    ),
    Bug(
        "global_avg_pool_backward/first_pixel_only",
        replace="dx[:] = dout[:, :, None, None] / (H * W)",
        by="dx[:] = 0\n    dx[:, :, 0, 0] = dout",
        caught_by="check_global_avg_pool_backward_dx",
        hint="only one pixel gets the gradient; in a mean every pixel has its share.",
    ),
    Bug(
        "fractional_pool_boundaries/rounds_down",
        replace=_ENDS,
        by="    boundaries = np.floor(alpha * (index + u)).astype(int) - 1\n",
        caught_by="check_fractional_pool_boundaries_values",
        hint="round up (ceil) before you subtract 1.",
    ),
    Bug(
        "fractional_pool_boundaries/rounds_to_nearest",
        replace=_ENDS,
        by="    boundaries = np.round(alpha * (index + u)).astype(int)\n",
        caught_by="check_fractional_pool_boundaries_values",
        hint="round() goes to the nearest whole number: the boundaries round up, and then 1 is subtracted.",
    ),
    Bug(
        "fractional_pool_boundaries/ignores_u",
        replace=_ENDS,
        by="    boundaries = np.ceil(alpha * index).astype(int) - 1\n",
        caught_by="check_fractional_pool_boundaries_values",
        hint="the offset u is not used, so every draw gives the same regions.",
    ),
    Bug(
        "fractional_pool_boundaries/adds_u_after_scaling",
        replace=_ENDS,
        by="    boundaries = np.ceil(alpha * index + u).astype(int) - 1\n",
        caught_by="check_fractional_pool_boundaries_values",
        hint="u is added before the multiplication: alpha * (i + u).",
    ),
    Bug(
        "fractional_pool_boundaries/rounds_alpha",
        replace="alpha = input_size / output_size",
        by="alpha = input_size // output_size",
        caught_by="check_fractional_pool_boundaries_values",
        hint="alpha is a fraction between 1 and 2: // rounds it to a whole number.",
    ),
    Bug(
        "fractional_pool_boundaries/inverse_alpha",
        replace="alpha = input_size / output_size",
        by="alpha = output_size / input_size",
        caught_by="check_fractional_pool_boundaries_values",
        hint="alpha is input_size / output_size, at least 1; here it is upside down.",
    ),
    Bug(
        "fractional_pool_boundaries/counts_from_one",
        replace="return boundaries",
        by="return boundaries + 1",
        caught_by="check_fractional_pool_boundaries_values",
        hint="Python counts from 0: subtract 1 after rounding up.",
    ),
    Bug(
        "fractional_pool_boundaries/forgets_the_end",
        replace="return boundaries",
        by="return boundaries[:-1]",
        caught_by="check_fractional_pool_boundaries_values",
        hint="n regions have n + 1 boundaries: the end of the last region is missing.",
    ),
    Bug(
        "fractional_max_pool_forward/average",
        replace="out = np.maximum.reduceat(row_maxima, cols[:-1], axis=3)",
        by="out = np.add.reduceat(np.add.reduceat(x, rows[:-1], axis=2), cols[:-1], axis=3)\n"
        "    out = out / (np.diff(rows)[:, None] * np.diff(cols)).astype(x.dtype)",
        caught_by="check_fractional_max_pool_forward_values",
        hint="this is the mean of each region; the layer takes the maximum.",
    ),
    Bug(
        "fractional_max_pool_forward/regions_share_a_border",
        replace="    cache = (x, out, rows, cols)",
        by="    for i, (top, bottom) in enumerate(zip(rows[:-1], rows[1:])):\n"
        "        for j, (left, right) in enumerate(zip(cols[:-1], cols[1:])):\n"
        "            out[:, :, i, j] = x[:, :, top : bottom + 1, left : right + 1].max(axis=(2, 3))\n"
        "    cache = (x, out, rows, cols)",
        caught_by="check_fractional_max_pool_forward_values",
        hint="the regions overlap by one entry: region i ends before rows[i + 1], as Python slices do.",
    ),
    Bug(
        "fractional_max_pool_forward/swaps_rows_and_columns",
        replace="return out, cache",
        by="return out.transpose(0, 1, 3, 2), cache",
        caught_by="check_fractional_max_pool_forward_values",
        hint=_SWAPPED,
    ),
    Bug(
        "fractional_max_pool_forward/always_two_by_two",
        replace="    cache = (x, out, rows, cols)",
        by="    for i, top in enumerate(rows[:-1]):\n"
        "        for j, left in enumerate(cols[:-1]):\n"
        "            out[:, :, i, j] = x[:, :, top : top + 2, left : left + 2].max(axis=(2, 3))\n"
        "    cache = (x, out, rows, cols)",
        caught_by="check_fractional_max_pool_forward_values",
        hint="regions are 1 or 2 entries wide: take the size from the boundaries, not always 2.",
    ),
    Bug(
        "fractional_max_pool_backward/multiplies_by_x",
        replace="return winner * share",
        by="return x * winner * share",
        caught_by="check_fractional_max_pool_backward_dx",
        hint="the maximum passes its entry on unchanged: its derivative is 1, not the value of the entry.",
    ),
    Bug(
        "fractional_max_pool_backward/to_all_entries",
        replace="return winner * share[:, :, region[0], region[1]]",
        by="return dout[:, :, region[0], region[1]]",
        caught_by="check_fractional_max_pool_backward_dx",
        hint="every entry of the region gets the gradient; only its maximum had an influence on the output.",
    ),
    Bug(
        "fractional_max_pool_backward/writes_the_mask",
        replace="return winner * share[:, :, region[0], region[1]]",
        by="return winner.astype(dout.dtype)",
        caught_by="check_fractional_max_pool_backward_dx",
        hint="dx holds ones: multiply the mask by the upstream gradient dout.",
    ),
    Bug(
        "fractional_max_pool_backward/overwrites_the_upstream_gradient",
        replace="share = dout / ties",
        by="dout /= ties + 1\n    share = dout",
        caught_by="check_fractional_max_pool_backward_keeps_inputs",
        hint=_KEPT,
    ),
]
