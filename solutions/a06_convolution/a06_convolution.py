# ---
# jupyter:
#   jupytext:
#     text_representation:
#       extension: .py
#       format_name: percent
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# # Convolution
#
# A color photograph of 224 x 224 pixels is 150,528 numbers. A fully connected layer that turns it into an
# equally large picture needs 150,528 x 150,528, more than 22 billion, weights, and it has to learn what an
# edge looks like again for every place where an edge may appear.
#
# A convolution rests on two observations about pictures:
#
# - **What matters is local.** An edge, a corner, a bit of fur can be recognized from a few neighboring
#   pixels.
# - **What is worth finding in one place is worth finding everywhere.** So the same few weights are used at
#   every position.
#
# In this unit you write a convolution twice. The first version is seven nested loops: slow, and so plain
# that you can check every step with pencil and paper. The second is a matrix product: fast enough for
# photographs. The first is the judge of the second. Then come pooling, in four flavors, and the question of
# how much of the picture a single output number has seen. Forward and backward, everything by your own
# hand.
#
# ## How to work with this notebook
#
# Every exercise is a function to fill in, followed by a cell that checks it. A check prints one line when
# all is well; otherwise it raises an error of five lines that say what is wrong, in which case, where, with
# which values, and what it might be. Read them: they are meant to be read. The figures after an exercise
# are drawn with *your* function, so they appear once it works.
#
# One notation for the whole unit:
#
# | symbol | in code | meaning |
# |---|---|---|
# | $N$ | `N` | images in the batch |
# | $C$ | `C` | channels of the input (3 for a color photograph) |
# | $H, W$ | `H`, `W` | height and width of the input |
# | $F$ | `F` | filters, which is also the number of output channels |
# | $K_H, K_W$ | `KH`, `KW` | height and width of the kernel |
# | $s$, $p$ | `stride`, `padding` | step between windows; zeros added on each side |
# | $O_H, O_W$ | `OH`, `OW` | height and width of the output |
# | $x, w, b, y$ | `x, weight, bias, out` | input, weights, biases, output |
# | $L$ | | the loss, a single number |
# | $\partial L / \partial y$ | `dout` | upstream gradient: how the loss changes with each output |
#
# Images are arrays of shape $(N, C, H, W)$, filters $(F, C, K_H, K_W)$. Indices: $n$ image, $f$ filter, $c$
# channel, $i, j$ row and column of the output, $k, l$ row and column within the kernel (`kh`, `kw` in
# code). All count from 0.

# %% tags=["setup"]
import sys
import time
from pathlib import Path

here = Path.cwd()
course = next((folder for folder in (here, *here.parents) if (folder / "utils" / "checks").is_dir()), None)
if course is None:
    raise FileNotFoundError(f"{here} is not inside the course: no folder above it holds utils/checks.")
sys.path.insert(0, str(course))

import matplotlib.pyplot as plt
import numpy as np

from utils.checks import check
from utils.data import load_photograph
from utils.drawings import (
    draw_regions,
    show_convolution_steps,
    show_kernels_and_results,
    show_patches_and_columns,
    show_receptive_fields,
    show_window_positions,
)
from utils.gradient_check import gradient_check
from utils.plotting import (
    array_axes,
    cells,
    draw_array,
    draw_heatmap,
    lighten,
    show_images,
    use_course_style,
)

use_course_style()

# The 5x5 input and the 3x3 kernel of the lecture: as matrices, and as a batch of one image and one filter.
lecture_input = np.array(
    [
        [1.0, 2, 0, 3, 1],
        [1, 0, 0, 2, 2],
        [2, 1, 2, 1, 1],
        [0, 0, 1, 0, 0],
        [1, 2, 1, 1, 1],
    ]
)
lecture_kernel = np.array([[-1.0, 1, 2], [1, 1, 0], [-1, -2, 0]])
image, filters, no_bias = lecture_input[None, None], lecture_kernel[None, None], np.zeros(1)

# %% [markdown]
# # 1. Geometry
#
# ## How large is the output?
#
# A kernel of size $K$ slides along an axis of size $I$ in steps of $s$. It has to lie fully inside the
# image, or inside the image *plus its border*: with padding $p$, $p$ zeros are added at **each** end first.
# Each position gives one output. The picture shows one axis of 5 pixels; the bars are the positions of a
# kernel of size 3.

# %%
show_window_positions(5, 3, [(1, 0), (1, 1), (2, 1)])
plt.show()

# %% [markdown]
# **What to notice.** Without padding, 5 pixels become 3: the outermost pixels are never the center of a
# window. One zero on each side keeps the size at 5. A stride of 2 takes every second position.
#
# To count the positions: the kernel has $I + 2p - K$ entries of room to move in, makes a step every $s$ of
# them, and the starting position counts too:
#
# $$O = \left\lfloor \frac{I + 2p - K}{s} \right\rfloor + 1$$
#
# where $O$ is the output size and $\lfloor \cdot \rfloor$ rounds down: a last step that does not fit is not
# made.
#
# *By hand.* The three pictures: $(5 - 3)/1 + 1 = 3$; $(5 + 2 - 3)/1 + 1 = 5$; $(5 + 2 - 3)/2 + 1 = 3$. One
# where rounding matters: size 6, kernel 3, stride 2, no padding gives $\lfloor 3/2 \rfloor + 1 = 2$, and
# the sixth pixel is seen by no window.
#
# <details><summary>Hint</summary>
#
# Python has an operator that divides and rounds down, and with integers it stays exact. Look at the room
# before you divide: what should happen when it is negative?
#
# </details>

# %% tags=["exercise"]
from solutions.layers.geometry import conv_output_size

# %% [markdown]
# Now use it. These are the layers of AlexNet up to its last pooling. The paper that made convolutional
# networks famous gives the input as 224 x 224 pixels and the output of the first layer as 55 x 55. Compute
# it, from 224 and from 227:

# %%
for size in (224, 227):
    print(f"first layer: {size} -> {conv_output_size(size, 11, stride=4)}")

alexnet = [("conv1", 11, 4, 0), ("pool1", 3, 2, 0), ("conv2", 5, 1, 2), ("pool2", 3, 2, 0)]
alexnet += [("conv3", 3, 1, 1), ("conv4", 3, 1, 1), ("conv5", 3, 1, 1), ("pool3", 3, 2, 0)]
size = 227
for name, kernel, stride, padding in alexnet:
    before, size = size, conv_output_size(size, kernel, stride=stride, padding=padding)
    print(f"{name}  kernel {kernel:2}, stride {stride}, padding {padding}:  {before:3} -> {size}")

# %% [markdown]
# **What to notice.** 224 does not give 55, but 227 does; people have been adding the three missing pixels
# ever since. The table ends at 6, the 6 x 6 x 256 that AlexNet's first fully connected layer receives.
#
# ## How many weights?
#
# Every filter looks at all $C$ channels of its window at once, so it has $K_H K_W C$ weights, and one bias.
# A 5 x 5 filter on a color photograph is 75 weights. With $F$ filters:
#
# $$P = F \, (K_H K_W C + 1)$$
#
# where $P$ is the number of parameters and the $1$ goes away in a layer without bias.
#
# *By hand.* Four 3 x 3 filters on 3 channels: $4 \cdot (3 \cdot 3 \cdot 3 + 1) = 112$. Look at what is
# missing from the formula: the size of the image.

# %% tags=["exercise"]
from solutions.layers.geometry import conv_parameter_count

# %%
sides = np.array([8, 16, 32, 64, 128, 224])
numbers_in, numbers_out = 3 * sides**2, 16 * sides**2
fully_connected = numbers_out * (numbers_in + 1)
convolution = [conv_parameter_count(3, 16, (3, 3)) for _ in sides]

plt.figure(figsize=(7.5, 4))
plt.loglog(sides, fully_connected, marker="s", color="C3", label="fully connected")
plt.loglog(sides, convolution, marker="o", color="C0", label="convolution, 3x3")
plt.minorticks_off()
plt.xticks(sides, sides)
plt.xlabel("height and width of the image")
plt.ylabel("parameters")
plt.title("From 3 channels to 16 at the same resolution")
plt.grid()
plt.legend()
plt.show()
print(f"32 x 32 pixels:   fully connected {fully_connected[2]:,}   convolution {convolution[2]:,}")

# %% [markdown]
# **What to notice.** 448 parameters at any resolution, against 50 million at 32 x 32 and 120 billion at
# 224 x 224. Fewer parameters also need less data: this is among the strongest regularizations you will meet
# in the course, and it comes for free with the architecture.
#
# # 2. Convolution, one multiplication at a time
#
# ## Forward
#
# Lay the kernel over a window of the image, multiply each weight with the pixel below it, add everything
# up: that is one output number. Move on by the stride and do it again.
#
# *By hand.* This is the lecture's example, with one zero of padding. The window at the top left gives
#
# $$\underbrace{-1 \cdot 0 + 1 \cdot 0 + 2 \cdot 0}_{\text{first row}}
# \; \underbrace{+ 1 \cdot 0 + 1 \cdot 1 + 0 \cdot 2}_{\text{second row}}
# \; \underbrace{- 1 \cdot 0 - 2 \cdot 1 + 0 \cdot 0}_{\text{third row}} = 0 + 1 - 2 = -1.$$
#
# Compute the output to its right before you go on. (The window moves by one; the answer is in the figure
# below the exercise.)

# %%
first_output = np.full((5, 5), -1)
show_convolution_steps(lecture_input, lecture_kernel, first_output, [(0, 0)], padding=1)
plt.show()

# %% [markdown]
# With several channels the window is a box, and the sum runs over the channels too. With several filters
# there are several outputs at each place. For the whole batch:
#
# $$y_{nfij} = b_f +
# \sum_{c=0}^{C-1} \sum_{k=0}^{K_H-1} \sum_{l=0}^{K_W-1} \tilde x_{n,\,c,\,is+k,\,js+l} \; w_{fckl}$$
#
# where $\tilde x$ is $x$ with $p$ zeros around each image. Seven indices, $n, f, i, j, c, k, l$: seven
# loops.
#
# **A word on the name.** Mathematicians turn the kernel by 180 degrees before they slide it and call *that*
# a convolution; what you see above they call a cross-correlation. Deep-learning libraries never turn the
# kernel, and neither do we. For learned weights it makes no difference: the network would learn the turned
# kernel. For a comparison with `scipy.signal.convolve2d` it does.
#
# <details><summary>Hint</summary>
#
# Write down the formula from left to right. The four indices on the left-hand side are the outer loops, the
# three below the sums are the inner ones. `np.pad` can pad some axes and leave the others alone.
#
# </details>

# %% tags=["exercise"]
from solutions.layers.convolution import conv2d_loops_forward

# %% [markdown]
# The lecture's example with your loops, in three settings. Each row is a later moment of the same sweep:

# %%
out, _ = conv2d_loops_forward(image, filters, no_bias, stride=1, padding=0)
show_convolution_steps(lecture_input, lecture_kernel, out[0, 0], [(0, 0), (0, 1), (2, 2)])
plt.suptitle("stride 1, no padding: 5 x 5 becomes 3 x 3")
plt.show()

# %%
out, _ = conv2d_loops_forward(image, filters, no_bias, stride=1, padding=1)
show_convolution_steps(lecture_input, lecture_kernel, out[0, 0], [(0, 0), (0, 1), (4, 4)], padding=1)
plt.suptitle("stride 1, padding 1: the size stays 5 x 5")
plt.show()

# %%
out, _ = conv2d_loops_forward(image, filters, no_bias, stride=2, padding=1)
steps = [(0, 1), (1, 0), (2, 2)]
show_convolution_steps(lecture_input, lecture_kernel, out[0, 0], steps, stride=2, padding=1)
plt.suptitle("stride 2, padding 1: 5 x 5 becomes 3 x 3")
plt.show()

# %% [markdown]
# **What to notice.** The 3 x 3 output without padding sits in the middle of the 5 x 5 output with padding:
# padding adds a ring of outputs and changes none of the others. With stride 2 the window jumps two pixels,
# and the outputs are every second row and column of the padded result, starting with -1, 2 and, one row
# below, 3.
#
# ## Backward
#
# Somewhere above this layer a loss $L$ is computed, and the layers in between hand you `dout`,
# $\partial L / \partial y$: one number for each output, how much the loss rises if that output rises. Your
# task is to pass the message on: how much does the loss rise with each pixel, each weight, each bias?
#
# Only multiplications and additions happened on the way up, so there is one rule: **every product
# $\tilde x \cdot w$ that went into an output $y$ sends $\partial L / \partial y \cdot w$ back to its pixel
# and $\partial L / \partial y \cdot \tilde x$ back to its weight.** Whatever arrives at the same place is
# added up:
#
# $$\frac{\partial L}{\partial \tilde x_{ncuv}} =
# \sum_{f,i,j,k,l \,:\, is+k=u,\; js+l=v} \frac{\partial L}{\partial y_{nfij}} \, w_{fckl}$$
#
# $$\frac{\partial L}{\partial w_{fckl}} =
# \sum_{n,i,j} \frac{\partial L}{\partial y_{nfij}} \, \tilde x_{n,\,c,\,is+k,\,js+l}
# \qquad \frac{\partial L}{\partial b_f} = \sum_{n,i,j} \frac{\partial L}{\partial y_{nfij}}$$
#
# where $u, v$ are the row and the column of a pixel in the padded image. The first sum looks frightening;
# it only says "all the windows that contain the pixel".
#
# *By hand.* One row of three pixels, a kernel of two weights, stride 1, no padding:
#
# $$x = (1, 4, 6), \quad w = (2, 3), \quad b = 0
# \quad\Rightarrow\quad y = (1 \cdot 2 + 4 \cdot 3, \; 4 \cdot 2 + 6 \cdot 3) = (14, 26).$$
#
# Let the upstream gradient be $\partial L / \partial y = (5, 7)$. The pixel in the middle is in both
# windows, so it is sent two messages:
#
# $$\frac{\partial L}{\partial x} =
# (5 \cdot 2, \;\; \mathbf{5 \cdot 3 + 7 \cdot 2}, \;\; 7 \cdot 3) = (10, 29, 21)$$
#
# $$\frac{\partial L}{\partial w} = (5 \cdot 1 + 7 \cdot 4, \;\; 5 \cdot 4 + 7 \cdot 6) = (33, 62)
# \qquad \frac{\partial L}{\partial b} = 5 + 7 = 12$$
#
# **Two traps, and how common they are.** In 99 public solutions of the best-known course of this kind, 57%
# of the convolution backwards that *pass that course's own check* are wrong for some other stride, padding
# or kernel. The two mistakes to know:
#
# 1. **`=` where `+=` belongs.** When windows overlap, the second message overwrites the first. In the
#    example the middle pixel would get 14 instead of 29. When windows do not overlap, all looks well.
# 2. **`[p:-p]` to cut off the padding.** With `p = 0` that is `[0:-0]`, which is `[0:0]`, which is *empty*.
#
# That is why the check below tries many settings, and why you should distrust one that tries a single one.
#
# <details><summary>Hint</summary>
#
# Copy the seven loops. The innermost line of the forward pass turns into two lines, one for each of the two
# messages in the rule above. Collect the pixels' messages in an array of the size of the *padded* image.
# When you cut off the border, name the place where the image ends by its size, not by counting from the
# end.
#
# </details>

# %% tags=["exercise"]
from solutions.layers.convolution import conv2d_loops_backward

# %% [markdown]
# Where does a gradient go? Set the upstream gradient to 1 at one output and 0 elsewhere, and look at `dx`:

# %%
_, cache = conv2d_loops_forward(image, filters, no_bias)
axes = array_axes([3, 5] * 3, 5, gap=0.8)[0]
for left, right, active in zip(axes[::2], axes[1::2], [[(0, 1)], [(1, 2)], [(0, 1), (1, 2)]], strict=True):
    dout = np.zeros((1, 1, 3, 3))
    for place in active:
        dout[(0, 0, *place)] = 1
    dx, _, _ = conv2d_loops_backward(dout, cache)
    draw_array(left, dout[0, 0], colors=dict.fromkeys(active, lighten("green", 0.5)), title="dout")
    reached = [cell for place in active for cell in cells(*place, 3, 3)]
    twice = [cell for cell in reached if reached.count(cell) == 2]
    colors = dict.fromkeys(reached, lighten("orange")) | dict.fromkeys(twice, lighten("vermilion", 0.4))
    draw_array(right, dx[0, 0], colors=colors, title="dx")
plt.show()

# %% [markdown]
# **What to notice.** One output sends the *kernel itself* back, stamped on the window it came from. Two
# outputs send two stamps, and in the four darker cells, where they overlap, the numbers are added. In the
# first of them the left stamp has a 1 and the right one a -1, so the gradient there is 0: two messages that
# happen to cancel.
#
# Now stamp everywhere: kernel of ones, upstream gradient of ones. Each pixel of `dx` then counts the
# windows that contain it.

# %%
settings = [(3, 1, 0), (3, 1, 1), (3, 2, 0), (2, 2, 0), (2, 3, 0), (1, 2, 0)]
axes = array_axes([7, 7, 7], 7, rows=2)
for ax, (kernel, stride, padding) in zip(axes.flat, settings, strict=True):
    ones = np.ones((1, 1, kernel, kernel))
    out, cache = conv2d_loops_forward(np.zeros((1, 1, 7, 7)), ones, no_bias, stride=stride, padding=padding)
    windows, _, _ = conv2d_loops_backward(np.ones_like(out), cache)
    draw_heatmap(ax, windows[0, 0], largest=9, title=f"kernel {kernel}, stride {stride}, padding {padding}")
plt.show()

# %% [markdown]
# **What to notice.**
#
# - *Kernel 3, stride 1:* a pixel in the middle is in 9 windows, a corner in 1. Padding evens this out,
#   though not fully.
# - *Kernel 3, stride 2* is AlexNet's pooling: a checkerboard of 1, 2 and 4. Windows overlap even though the
#   stride is larger than 1.
# - *Kernel 2, stride 2* on 7 pixels: the last row and column are in no window. Their gradient is exactly 0,
#   and `dx` still has 7 x 7 entries.
# - *Kernel 2, stride 3* and *kernel 1, stride 2* leave gaps. The last one looks at a quarter of the pixels;
#   you will meet it again in ResNet's shortcuts.
#
# If you wrote `=` for `+=`, only the settings in which no number exceeds 1 come out right.
#
# # 3. Convolution as a matrix product
#
# Python needs about as long for one pass through a loop as NumPy for a thousand multiplications. To be
# fast, the seven loops must become one big operation, and the one that computers do best is the matrix
# product.
#
# ## Patches become columns
#
# Each output is a dot product: of the window, read as a list, with the kernel, read as a list. So write
# every window as one *column* of a matrix. If the filters are the rows of another, a single product of the
# two holds all dot products: all outputs.
#
# *By hand.* An image of 3 x 3 pixels has four windows of 2 x 2:

# %%
small = np.arange(1, 10).reshape(3, 3)
columns_by_hand = [[1, 2, 4, 5], [2, 3, 5, 6], [4, 5, 7, 8], [5, 6, 8, 9]]
show_patches_and_columns(small, columns_by_hand, (2, 2))
plt.show()

# %% [markdown]
# **What to notice.** The window's color is the color of its column, read row by row from the top. The 5 in
# the middle is in all four columns: the columns take more memory than the image, up to $K_H K_W$ times as
# much. That is the price of the speed.
#
# With the kernel $\begin{pmatrix} 1 & 0 \\ 0 & 1 \end{pmatrix}$ as the row $(1, 0, 0, 1)$ the product is
# $(1 + 5, \; 2 + 6, \; 4 + 8, \; 5 + 9) = (6, 8, 12, 14)$, which is the 2 x 2 output, row by row.
#
# With several channels, the parts of a window from each channel are stacked, first channel on top:
#
# $$\text{columns}_{n,\;(c K_H + k) K_W + l,\;\; i O_W + j} = \tilde x_{n,\,c,\,is+k,\,js+l}$$
#
# Row $(c K_H + k) K_W + l$ is where the weight $w_{fckl}$ ends up when the filter is flattened; column
# $i O_W + j$ is where $y_{nfij}$ is when the output is flattened. Both are NumPy's own order, so `reshape`
# does the bookkeeping.
#
# <details><summary>Hint</summary>
#
# A loop over all windows is slow, since there are many of them. There are only $K_H K_W$ places *within* a
# window. Fix one, say $k = 0, l = 1$: which pixels stand at that place in all the windows? They are evenly
# spaced, so one slice with a step picks them all. (`np.lib.stride_tricks.sliding_window_view` is another
# road to the same place.)
#
# </details>

# %% tags=["exercise"]
from solutions.layers.convolution import im2col

# %%
two_channels = np.stack([small, 10 * small])[None].astype(float)
columns = im2col(two_channels, (2, 2))[0]
axes = array_axes([3, 3, 4], 8)[0]
tints = [lighten("sky", 0.5), lighten("orange", 0.5)]
for ax, channel, tint in zip(axes, two_channels[0], tints, strict=False):
    draw_array(ax, channel, colors=dict.fromkeys([(0, 0), (0, 1), (1, 0), (1, 1)], tint))
draw_array(axes[2], columns, colors={(row, 0): tints[row // 4] for row in range(8)}, title="columns")
axes[0].set_title("channel 0")
axes[1].set_title("channel 1")
plt.show()

# %% [markdown]
# **What to notice.** The first window is colored: channel 0 fills the upper half of its column, channel 1
# the lower.
#
# ## Forward
#
# With $\hat w$ the filters flattened to $(F, \; C K_H K_W)$,
#
# $$\hat y_n = \hat w \; \text{columns}_n + b$$
#
# where $b$ is added to every column, and $\hat y_n$, of shape $(F, \; O_H O_W)$, is reshaped to
# $(F, O_H, O_W)$.
#
# The cache is your own business this time. Think about what the backward pass will ask for.
#
# <details><summary>Hint</summary>
#
# `@` multiplies a matrix with a whole stack of matrices. A bias of shape $(F,)$ has to become $(F, 1)$ to
# be added to each column.
#
# </details>

# %% tags=["exercise"]
from solutions.layers.convolution import conv2d_forward

# %% [markdown]
# It is fast enough for a photograph now. Long before networks learned their kernels, people made them by
# hand; these are some of the classics. A trick saves work: the red, the green and the blue picture go in as
# a *batch* of three gray images, so that all kernels are applied to all colors in one call.

# %%
kernels = {
    "nothing": [[0, 0, 0], [0, 1, 0], [0, 0, 0]],
    "blur": np.full((3, 3), 1 / 9),
    "sharpen": [[0, -1, 0], [-1, 5, -1], [0, -1, 0]],
    "vertical edges": [[-1, 0, 1], [-2, 0, 2], [-1, 0, 1]],
    "horizontal edges": [[-1, -2, -1], [0, 0, 0], [1, 2, 1]],
    "emboss": [[-2, -1, 0], [-1, 1, 1], [0, 1, 2]],
}
photograph = load_photograph("china", shrink=3)
weight = np.array(list(kernels.values()), dtype=float)[:, None]
out, _ = conv2d_forward(photograph[:, None], weight, np.zeros(len(kernels)), padding=1)
filtered = [out[:, f] for f in range(len(kernels))]
for edges in (3, 4):
    filtered[edges] = np.abs(filtered[edges]).mean(axis=0)  # how strong the edge is, in whatever color
show_kernels_and_results(kernels, filtered)
plt.show()

# %% [markdown]
# **What to notice.** Positive weights are orange, negative ones blue.
#
# - The weights of *blur* and *sharpen* sum to 1, so an even area keeps its brightness. Blur averages;
#   sharpen adds what distinguishes a pixel from its neighbors. Blur has a thin dark frame: that is the
#   padding, zeros averaged in.
# - The weights of the *edge* kernels sum to 0: an even sky becomes black. One kernel answers to the
#   pillars, the other to the eaves of the roofs, and neither sees what the other sees.
# - *Emboss* takes the difference along one diagonal and adds the picture itself, as if light fell in from a
#   corner.
#
# Each output pixel says how well the kernel fits its surroundings. A network with 64 filters asks 64 such
# questions at every place, and it finds the questions by itself, by gradient descent. Make up your own
# kernel in the cell above and see what it asks.
#
# How much faster is it than the loops?

# %%
rng = np.random.default_rng(0)


def seconds(function, *arguments, repeats=3, **options):
    """Return the shortest of a few measured times of a call."""
    times = []
    for _ in range(repeats):
        start = time.perf_counter()
        function(*arguments, **options)
        times.append(time.perf_counter() - start)
    return min(times)


sides = [8, 16, 32, 64]
weight, bias = rng.normal(size=(4, 3, 3, 3)), rng.normal(size=4)
images = [rng.normal(size=(1, 3, side, side)) for side in sides]
loops = [seconds(conv2d_loops_forward, x, weight, bias, padding=1, repeats=1) for x in images]
vectorized = [seconds(conv2d_forward, x, weight, bias, padding=1) for x in images]

plt.figure(figsize=(7.5, 4))
plt.loglog(sides, loops, marker="s", color="C3", label="seven loops")
plt.loglog(sides, vectorized, marker="o", color="C0", label="im2col and one product")
plt.minorticks_off()
plt.xticks(sides, sides)
plt.xlabel("height and width of the image")
plt.ylabel("seconds for one image")
plt.title("4 filters of 3x3 on 3 channels, forward")
plt.grid()
plt.legend()
plt.show()
print(f"at {sides[-1]} x {sides[-1]} pixels: {loops[-1] / vectorized[-1]:.0f} times faster")

# %% [markdown]
# **What to notice.** Twice the side is four times the pixels, so the loops need four times as long at each
# step: a straight line. The vectorized version hardly notices small images, because calling NumPy costs
# more than the arithmetic.
#
# ## Columns become patches
#
# The way back needs the opposite journey: a gradient for every entry of the columns, to be handed to the
# pixel it was copied from. A pixel that was copied four times gets four gradients, *added*. That is
# `col2im`.
#
# *By hand.* Take the columns of the 3 x 3 image above and send them back:
#
# $$\begin{pmatrix} 1 & 2 & 3 \\ 4 & 5 & 6 \\ 7 & 8 & 9 \end{pmatrix}
# \;\to\; \text{columns} \;\to\;
# \begin{pmatrix} 1 & 4 & 3 \\ 8 & 20 & 12 \\ 7 & 16 & 9 \end{pmatrix}$$
#
# The 5 was in four columns and comes back as 20. So `col2im` is **not the inverse** of `im2col`. It is its
# *adjoint* (as a matrix: its transpose), which means that for every image $x$ and all columns $m$
#
# $$\sum \text{im2col}(x) \cdot m = \sum x \cdot \text{col2im}(m)$$
#
# where the dots multiply entry by entry and each sum runs over all entries. This is the property a backward
# pass needs, and it is an excellent test: it needs no second implementation, only random numbers.
#
# <details><summary>Hint</summary>
#
# Same slices as in `im2col`, with the assignment the other way round. Then think of trap 1, and when you
# cut off the border, of trap 2. (Within one slice no pixel comes up twice, so `+=` on a slice is safe; with
# index arrays that contain a pixel twice it is not.)
#
# </details>

# %% tags=["exercise"]
from solutions.layers.convolution import col2im

# %%
rng = np.random.default_rng(1)
x, m = rng.normal(size=(2, 3, 7, 5)), rng.normal(size=(2, 18, 12))
print("sum of im2col(x) * m:", (im2col(x, (3, 2), stride=2, padding=1) * m).sum())
print("sum of x * col2im(m):", (x * col2im(m, x.shape, (3, 2), stride=2, padding=1)).sum())

# %% [markdown]
# ## Backward
#
# A matrix product sends its gradients back as two matrix products. With $\hat g_n$ the upstream gradient
# $\partial L / \partial y_n$ reshaped to $(F, \; O_H O_W)$ and $^\top$ for the transpose,
#
# $$\frac{\partial L}{\partial \hat w} = \sum_n \hat g_n \, \text{columns}_n^\top, \qquad
# \frac{\partial L}{\partial\, \text{columns}_n} = \hat w^\top \hat g_n, \qquad
# \frac{\partial L}{\partial b_f} = \sum_n \sum_q \hat g_{nfq}$$
#
# where $q$ counts the $O_H O_W$ positions. The gradient of the columns goes through `col2im` and becomes
# `dx`.
#
# If you forget a formula like this, let the shapes tell you: $(F, \; C K_H K_W)$ can be had from
# $(F, \; O_H O_W)$ and $(C K_H K_W, \; O_H O_W)$ in one way only.

# %% tags=["exercise"]
from solutions.layers.convolution import conv2d_backward

# %% [markdown]
# ## Trust, but verify
#
# Your checks will not always be there. A tool that will: compare a backward pass with *finite differences*
# of its forward pass. Move one input number $a$ by a small $h$ in both directions and see what becomes of
# the loss:
#
# $$\frac{\partial L}{\partial a} \approx \frac{L(a + h) - L(a - h)}{2h}, \qquad L = \sum g \cdot y$$
#
# where $y$ is the output and $g$, an array of its shape filled with random numbers, plays the upstream
# gradient: the gradient of this $L$ with respect to $y$ is $g$. `gradient_check` does this for all entries
# of all inputs.

# %%
rng = np.random.default_rng(4)
conv_inputs = {
    "x": rng.normal(size=(2, 3, 7, 5)),
    "weight": rng.normal(size=(4, 3, 3, 2)),
    "bias": rng.normal(size=4),
}
conv_settings = {"stride": 2, "padding": 1}
print(gradient_check(conv2d_forward, conv2d_backward, conv_inputs, options=conv_settings, rng=rng))

# %% [markdown]
# Never trust an alarm that you have not heard. Break the gradient on purpose and see what the check says:

# %%
rng = np.random.default_rng(4)


def broken_backward(dout, cache):
    """Break a correct gradient: change the marked line and run the cell again."""
    dx, dweight, dbias = (gradient.copy() for gradient in conv2d_backward(dout, cache))
    dx[:, :, 0] = 0  # the first row of every image gets nothing
    return dx, dweight, dbias


print(gradient_check(conv2d_forward, broken_backward, conv_inputs, options=conv_settings, rng=rng))

# %% [markdown]
# Try instead: `dweight *= 1.01`, `dbias /= 2`, `dx = -dx`, `dout += 1`, `dbias = dbias[:, None]`. Which of
# the messages would have told you what is wrong?
#
# **Why random numbers for $g$?** It is tempting to take the sum of the outputs for the loss. Then $g$ is
# all ones, and here is a mistake that nobody would notice: rows and columns of the upstream gradient mixed
# up.

# %%
rng = np.random.default_rng(5)


def swapped_backward(dout, cache):
    """Mix up the rows and the columns of the upstream gradient."""
    return conv2d_backward(dout.swapaxes(2, 3), cache)


x, weight = rng.normal(size=(2, 3, 6, 6)), rng.normal(size=(4, 3, 3, 3))
out, cache = conv2d_forward(x, weight, np.zeros(4), padding=1)
for name, dout in {"ones": np.ones_like(out), "random": rng.normal(size=out.shape)}.items():
    right, wrong = conv2d_backward(dout, cache), swapped_backward(dout, cache)
    gaps = [np.abs(a - b).max() for a, b in zip(right, wrong, strict=True)]
    print(f"upstream {name:6}  largest gap in dx {gaps[0]:.3f}, dweight {gaps[1]:.3f}, dbias {gaps[2]:.3f}")

# %% [markdown]
# **What to notice.** With ones all gaps are 0: the wrong gradient passes. With random numbers it is far off
# (except `dbias`, a sum that does not care about order). Three habits follow, and the checks of this course
# have them all:
#
# - upstream gradients are random, never ones;
# - sizes are all different, so that axes that got mixed up come to light;
# - there are many settings: a check with one stride and one padding says little about the others.
#
# And one limit: a gradient check proves that backward *agrees with* forward. If forward is wrong, it will
# happily confirm the gradient of the wrong function. So check the values of forward first.

# %% [markdown]
# ## A kernel of one pixel
#
# A 1 x 1 kernel sees no neighbors. What is left is a sum over the channels, with the same weights at each
# pixel:
#
# $$y_{nfij} = b_f + \sum_{c=0}^{C-1} w_{fc} \, x_{ncij}$$
#
# where $w$ now has only two axes, $(F, C)$. That is an affine layer (a matrix and a bias), applied to the
# channels of every pixel separately. It changes the number of channels and leaves the picture's size alone:
# 64 channels become 32 with $32 \cdot 64 + 32 = 2{,}080$ parameters. GoogLeNet and ResNet put it in front
# of their expensive layers to give them less to do.
#
# *By hand.* One pixel with channels $(4, 2, 1)$ and filters $(1, 0, -1)$ and $(\tfrac12, \tfrac12, 0)$,
# biases $0$ and $1$: the outputs are $4 - 1 = 3$ and $2 + 1 + 1 = 4$.
#
# <details><summary>Hint</summary>
#
# Flatten the pixels of each image into one axis. What kind of product is the formula then?
#
# </details>

# %% tags=["exercise"]
from solutions.layers.convolution import conv1x1_as_affine

# %%
photograph = load_photograph("flower", shrink=3)
mixtures = {
    "brightness": (0.3, 0.6, 0.1),
    "redder than green": (1.5, -1.5, 0),
    "bluer than red": (-2, 0, 2),
}
out = conv1x1_as_affine(photograph[None], np.array(list(mixtures.values())), np.zeros(3))
show_images([photograph, *out[0]], ["three channels in", *mixtures])
plt.show()

# %% [markdown]
# **What to notice.** Three filters on the three colors of a pixel, and each of the new channels answers a
# question about color. Nothing is blurred or shifted: no pixel knows its neighbor.
#
# # 4. Pooling
#
# Moving an object by a pixel does not make it another object, and from a certain depth on nobody needs to
# know to the pixel where an eye is. Pooling shrinks each channel by putting one number in place of a
# window. It has no weights, and the channels stay apart: $C$ go in, $C$ come out.

# %%
numbers = np.array([[1, 3, 2, 0], [4, 2, 1, 5], [0, 1, 7, 2], [2, 6, 3, 1]])
tints = [lighten(color, 0.5) for color in ("sky", "orange", "green", "purple")]
quadrants = {(row, column): tints[row // 2 * 2 + column // 2] for row in range(4) for column in range(4)}
corners = dict(zip([(0, 0), (0, 1), (1, 0), (1, 1)], tints, strict=True))
axes = array_axes([4, 2, 2], 4, gap=2)[0]
draw_array(axes[0], numbers, colors=quadrants, title="input")
draw_array(axes[1], [[4, 5], [6, 7]], colors=corners, title="maximum")
draw_array(axes[2], [[2.5, 2], [2.25, 3.25]], colors=corners, title="average")
plt.show()

# %% [markdown]
# ## Maximum
#
# $$y_{ncij} = \max_{k,\,l} \; x_{n,\,c,\,is+k,\,js+l}$$
#
# where $k$ and $l$ run over the $K_H \times K_W$ window. There is no padding here, and pixels left over at
# the right and lower border are dropped, as the formula for the output size says. The usual choice is a
# 2 x 2 window with stride 2; AlexNet uses 3 x 3 with stride 2, so that neighboring windows share a row or a
# column.
#
# <details><summary>Hint</summary>
#
# You have sliced out "the pixels at place $(k, l)$ of all windows" before. `np.maximum` compares two arrays
# entry by entry. What do you start from, if all the pixels may be negative?
#
# </details>

# %% tags=["exercise"]
from solutions.layers.pooling import max_pool2d_forward

# %% [markdown]
# Backward: if the largest pixel of a window rises a little, the output rises by as much. If any other rises
# a little, nothing happens. So the window's gradient goes to the winner, all of it:
#
# $$\frac{\partial L}{\partial x_{ncuv}} =
# \sum_{(i,j) \,:\, (u,v) \text{ wins window } (i,j)} \frac{\partial L}{\partial y_{ncij}}$$
#
# *By hand.* In the 4 x 4 picture above with
# $\partial L / \partial y = \begin{pmatrix} 1 & 2 \\ 3 & 4 \end{pmatrix}$, the 4 gets 1, the 5 gets 2, the
# 6 gets 3, the 7 gets 4, and the other twelve get 0.
#
# With windows that overlap, one pixel can win several times. Its gradients add up; you know this trap by
# now. (In the same survey, 55% of the max-pool backwards that passed their course's check were wrong
# elsewhere.) If two pixels of a window tie, you may give the gradient to either or share it out.

# %% tags=["exercise"]
from solutions.layers.pooling import max_pool2d_backward

# %%
x = np.array([[1, 2, 0, 3, 1], [4, 5, 9, 2, 0], [3, 1, 6, 4, 2], [0, 7, 2, 8, 1], [2, 3, 0, 5, 6.0]])
dout = np.array([[10, 20], [40, 80.0]])
out, cache = max_pool2d_forward(x[None, None], kernel_size=(3, 3), stride=2)
dx = max_pool2d_backward(dout[None, None], cache)
winners = {(1, 2): lighten("vermilion", 0.4), (3, 1): lighten("green", 0.5), (3, 3): lighten("purple", 0.5)}
windows = {(0, 0): winners[1, 2], (0, 1): winners[1, 2], (1, 0): winners[3, 1], (1, 1): winners[3, 3]}
axes = array_axes([5, 2, 2, 5], 5, gap=1.5)[0]
draw_array(axes[0], x, colors=winners, title="input")
draw_array(axes[1], out[0, 0], colors=windows, title="out")
draw_array(axes[2], dout, colors=windows, title="dout")
draw_array(axes[3], dx[0, 0], colors=winners, title="dx")
plt.show()

# %% [markdown]
# **What to notice.** A 3 x 3 window with stride 2, as in AlexNet. The 9 is the maximum of both upper
# windows and receives $10 + 20 = 30$. With `=` in place of `+=` it would be 20, and no check with windows
# that do not overlap could tell.
#
# ## Average
#
# $$y_{ncij} = \frac{1}{K_H K_W} \sum_{k,\,l} x_{n,\,c,\,is+k,\,js+l}$$
#
# Every pixel of the window has the same influence, $1 / (K_H K_W)$, so backward each receives that share of
# the window's gradient, and again the shares of all its windows add up. (It is a convolution of each
# channel with a kernel of equal weights: the blur of section 3, with a stride.)
#
# *By hand.* The upper left window of the 4 x 4 picture: $(1 + 3 + 4 + 2)/4 = 2.5$. An upstream gradient of
# 1 sends 0.25 to each of the four.

# %% tags=["exercise"]
from solutions.layers.pooling import avg_pool2d_forward

# %% tags=["exercise"]
from solutions.layers.pooling import avg_pool2d_backward

# %% [markdown]
# The gradient check of section 3 works for any layer that has a forward and a backward:

# %%
rng = np.random.default_rng(6)
inputs = {"x": rng.normal(size=(2, 3, 7, 5))}
settings = {"kernel_size": (3, 2), "stride": 2}
print(gradient_check(avg_pool2d_forward, avg_pool2d_backward, inputs, options=settings, rng=rng))

# %% [markdown]
# ## Global average
#
# Make the window as large as the image, and each channel becomes one number:
#
# $$y_{nc} = \frac{1}{HW} \sum_{u=0}^{H-1} \sum_{v=0}^{W-1} x_{ncuv}$$
#
# It looks harmless, and it saved a hundred million weights. VGG-16 flattens its last 512 channels of 7 x 7
# into 25,088 numbers, and the fully connected layer to the next 4,096 has 102,760,448 weights, most of the
# network. GoogLeNet and ResNet average each channel instead and go straight to the 1,000 classes: from 512
# channels that is 512,000 weights. As a bonus, the network accepts images of any size.

# %% tags=["exercise"]
from solutions.layers.pooling import global_avg_pool_forward

# %% tags=["exercise"]
from solutions.layers.pooling import global_avg_pool_backward

# %%
rng = np.random.default_rng(7)
inputs = {"x": rng.normal(size=(2, 3, 4, 5))}
print(gradient_check(global_avg_pool_forward, global_avg_pool_backward, inputs, rng=rng))

# %% [markdown]
# ## Fractional maximum
#
# A 2 x 2 pooling halves the picture, throwing away three quarters of the numbers at once; few such steps
# are possible. Graham (2014) asked for gentler ones: shrink by a factor $\alpha$ between 1 and 2, say
# $\sqrt 2$. The windows cannot all have the same size then. They are 1 or 2 pixels long, in an irregular
# order, and the order is **drawn at random** for each pass through the network, which makes it a
# regularizer as well, a relative of dropout.
#
# Along one axis with $I$ pixels in and $O$ out, $\alpha = I/O$, draw one number $u$ with
# $0 < u \le 1/\alpha$ and put the boundaries at
#
# $$b_i = \lceil \alpha \, (i + u) \rceil - 1, \qquad i = 0, 1, \dots, O$$
#
# where $\lceil \cdot \rceil$ rounds up. Region $i$ holds the pixels $b_i, \dots, b_{i+1} - 1$. ($b_i$ is a
# boundary here, not a bias.)
#
# *By hand.* Five pixels into three regions, $\alpha = 5/3$, $u = 0.5$:
#
# | $i$ | 0 | 1 | 2 | 3 |
# |---|---|---|---|---|
# | $\alpha (i + u)$ | 0.83 | 2.5 | 4.17 | 5.83 |
# | $b_i$ | 0 | 2 | 4 | 5 |
#
# The regions have sizes 2, 2, 1. With $u = 0.3$ the sizes are 2, 1, 2 and with $u = 0.1$ they are 1, 2, 2:
# try one of them.

# %% tags=["exercise"]
from solutions.layers.pooling import fractional_pool_boundaries

# %%
_, axes = plt.subplots(1, 4, figsize=(13, 3.5))
for ax, (u, v) in zip(axes, [(0.05, 0.05), (0.05, 0.35), (0.35, 0.65), (0.65, 0.15)], strict=True):
    rows, cols = fractional_pool_boundaries(10, 7, u), fractional_pool_boundaries(10, 7, v)
    draw_regions(ax, rows, cols, title=f"u = {u} (rows), {v} (columns)")
plt.show()

# %% [markdown]
# **What to notice.** All four shrink 10 x 10 pixels to 7 x 7, with regions of 1 x 1 (yellow), 1 x 2
# (orange), 2 x 1 (blue) and 2 x 2 (green). The regions do not overlap and leave no gaps. Here there are 7
# patterns along each axis, 49 in all, so the network cannot rely on where exactly a pixel ends up.
#
# Now the pooling itself, with the boundaries handed in. Since the regions are disjoint, nothing has to be
# added up on the way back this time.
#
# $$y_{ncij} = \max \{\, x_{ncuv} \;:\; r_i \le u < r_{i+1}, \;\; q_j \le v < q_{j+1} \,\}$$
#
# where $r$ are the boundaries of the rows (`rows`), $q$ those of the columns (`cols`), and $u, v$ the row
# and column of a pixel, as in section 2.
#
# <details><summary>Hint</summary>
#
# A loop over the regions is allowed: do one region for all images and channels at once. For the way back,
# `argmax` works on one axis; flatten the two axes of a region first. Or find the winners by comparing a
# region with its maximum.
#
# </details>

# %% tags=["exercise"]
from solutions.layers.pooling import fractional_max_pool_forward

# %% tags=["exercise"]
from solutions.layers.pooling import fractional_max_pool_backward

# %%
rng = np.random.default_rng(8)
inputs = {"x": rng.normal(size=(2, 3, 5, 6))}
regions = {"rows": np.array([0, 2, 3, 5]), "cols": np.array([0, 1, 3, 4, 6])}
forward, backward = fractional_max_pool_forward, fractional_max_pool_backward
print(gradient_check(forward, backward, inputs, options=regions, rng=rng))

# %% [markdown]
# One photograph, shrunk to half its size in different ways. Fractional pooling takes two steps of
# $\sqrt 2$:

# %%
detail = load_photograph("flower", shrink=4)[None, :, 14:78, 46:110]
maximum, _ = max_pool2d_forward(detail, kernel_size=(2, 2), stride=2)
overlapping, _ = max_pool2d_forward(detail, kernel_size=(3, 3), stride=2)
average, _ = avg_pool2d_forward(detail, kernel_size=(2, 2), stride=2)

rng = np.random.default_rng(2)
fractional = detail
for before, after in [(64, 45), (45, 32)]:
    u, v = (1 - rng.random(2)) * after / before  # in (0, 1 / alpha]
    rows, cols = fractional_pool_boundaries(before, after, u), fractional_pool_boundaries(before, after, v)
    fractional, _ = fractional_max_pool_forward(fractional, rows=rows, cols=cols)

pooled = [detail[0], average[0], maximum[0], overlapping[0], fractional[0]]
titles = ["64 x 64", "average 2x2", "maximum 2x2", "maximum 3x3, stride 2", "fractional, twice"]
show_images(pooled, titles, width=13)
plt.show()

# %% [markdown]
# **What to notice.** The average keeps the brightness of every area and softens the petals. The maximum
# keeps the brightest point of each window, so the dark lines between the petals go and the picture gets
# lighter, most of all with the larger windows that overlap. The two fractional steps keep more of the fine
# dark detail in the center: some of their regions are single pixels, which go through untouched.
#
# # 5. What one output has seen
#
# An output of the first 3 x 3 layer depends on 3 x 3 pixels. An output of the second depends on 3 x 3
# outputs of the first, and these on more pixels still. The *receptive field* is the number of input pixels,
# along one axis, that one output can possibly depend on.

# %%
show_receptive_fields([[3, 1], [5, 3, 1], [7, 5, 3, 1]], ["one 3x3", "two 3x3", "three 3x3"])
plt.show()

# %% [markdown]
# Every layer adds $k - 1$ entries *of the layer below it*. After layers with strides, neighbors in the
# layer below are several pixels apart in the input, so what is added counts for more:
#
# $$r = 1 + \sum_{\ell = 1}^{n} (k_\ell - 1) \prod_{m=1}^{\ell - 1} s_m$$
#
# where $r$ is the receptive field of $n$ layers, $k_\ell$ and $s_\ell$ are kernel size and stride of layer
# $\ell$, layer 1 is next to the input, and the product for $\ell = 1$, having no factors, is 1. Pooling
# layers count like convolutions.
#
# *By hand.* Two 3 x 3 layers: $1 + 2 + 2 = 5$. Three: 7. The beginning of AlexNet, a kernel of 11 with
# stride 4, pooling of 3 with stride 2, a kernel of 5: $1 + 10 \cdot 1 + 2 \cdot 4 + 4 \cdot 8 = 51$.

# %% tags=["exercise"]
from solutions.layers.geometry import receptive_field

# %% [markdown]
# Three 3 x 3 layers see as far as one 7 x 7 layer. With $C$ channels everywhere and no biases they have
# $3 \cdot 9\,C^2 = 27\,C^2$ weights against $49\,C^2$, about 45% fewer, and two more nonlinearities in
# between. This is the idea behind VGG.

# %%
depths = range(1, 9)
stacks = {
    "7x7": lambda depth: [(7, 1)] * depth,
    "3x3": lambda depth: [(3, 1)] * depth,
    "3x3, every second with stride 2": lambda depth: ([(3, 1), (3, 2)] * depth)[:depth],
}
_, (left, right) = plt.subplots(1, 2, figsize=(13, 4))
for (name, stack), marker in zip(stacks.items(), "so^", strict=True):
    left.plot(depths, [receptive_field(stack(depth)) for depth in depths], marker=marker, label=name)
left.set(xlabel="number of layers", ylabel="receptive field in pixels", title="How far one output sees")
left.grid()
left.legend()

channels = 64
layers = {"one 5x5": (5, 1), "two 3x3": (3, 2), "one 7x7": (7, 1), "three 3x3": (3, 3)}
weights = [n * conv_parameter_count(channels, channels, (k, k), bias=False) for k, n in layers.values()]
bars = right.bar(list(layers), weights, color=["C3", "C0", "C3", "C0"], width=0.6)
right.bar_label(bars, [f"{count:,}\n= {count // channels**2} $C^2$" for count in weights], padding=2)
right.set(ylim=(0, 1.25 * max(weights)), ylabel="weights", title="The same field, fewer weights ($C$ = 64)")
plt.show()

# %% [markdown]
# **What to notice.** With stride 1 the field grows by the same amount per layer: a straight line. Strides
# multiply, so the curve with strides bends upward; this is why all deep networks shrink their images as
# they go.
#
# The last figure puts it to the test with your own backward pass. Three layers of 3 x 3 with positive
# weights; the upstream gradient is 1 at a single output. The pixels that receive a gradient *are* the
# receptive field.

# %%
rng = np.random.default_rng(3)
activation, caches = np.zeros((1, 1, 15, 15)), []
for _ in range(3):
    weight = rng.uniform(0.5, 1.5, size=(1, 1, 3, 3))
    activation, cache = conv2d_forward(activation, weight, np.zeros(1), padding=1)
    caches.append(cache)

gradient = np.zeros((1, 1, 15, 15))
gradient[0, 0, 7, 7] = 1
pictures, titles = [gradient[0]], ["upstream"]
for depth, cache in enumerate(reversed(caches), start=1):
    gradient, _, _ = conv2d_backward(gradient, cache)
    reached = np.count_nonzero(gradient.any(axis=(0, 1, 2)))
    pictures.append(gradient[0] / gradient.max())
    formula = receptive_field([(3, 1)] * depth)
    titles.append(f"{depth} layer{'s' * (depth > 1)} down: {reached} wide\n(formula: {formula})")
show_images(pictures, titles)
plt.show()

# %% [markdown]
# **What to notice.** The widths 3, 5, 7 are the formula's. And look at the brightness: the middle counts
# far more than the border, since many more paths lead there. What an output *effectively* sees is smaller
# than what it could see.
#
# # What you have now
#
# - A convolution you could write on a blackboard, and one that is fast, which agree with each other to the
#   last digits.
# - Four ways of pooling, each with its way back.
# - Habits worth more than either: work an example by hand, all dimensions different, more than one setting,
#   a random upstream gradient, and `+=` where paths meet.
#
# In the next unit these layers become a network, LeNet-5, and it will learn to read.
