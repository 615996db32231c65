// SPDX-License-Identifier: Apache-2.0
//
// Types that the parts of the compute unit share: a step of the sequencer, and what a COMPUTE comes down to.
package dw_engine_pkg;

  // One cycle of the sequencer. The read flags follow the stream of groups that is read, which on the window path
  // runs ahead of the groups that are computed.
  typedef struct packed {
    logic       valid;
    logic       first;            // first step of the COMPUTE
    logic       group_first;      // first step of a group
    logic       row_first;        // ... and the computed group is the first of a row
    logic       block_first;      // ... and of a block
    logic       read_row_first;   // the group read is the first of a row
    logic       read_block_first; // ... and of a block
    logic       round_first;      // first step of a round of taps
    logic       tap_row_first;    // first step of a kernel row
    logic       tap_first;        // first step of a tap
    logic       compute;          // belongs to a computed group, not to one read ahead
    logic       residual;         // fetches the residual tensor
    logic       close;            // last step of a computed group
    logic       none;             // no kernel row lies in the map: the step reads nothing
    logic [2:0] left_ok;          // the row has a group 1, 2, 3 to the left of the computed one
    logic [2:0] right_ok;         // ... to the right
  } step_t;

  // A COMPUTE, its descriptor's products and limits worked out; constant from its first step to its last.
  typedef struct packed {
    logic        window;
    logic        flat;
    logic        diagonal;
    logic        shared_direct;   // direct path, weights shared by blocks
    logic        shared_window;
    logic        residual;
    logic        broadcast;
    logic        stride_x;
    logic [1:0]  upsample;
    logic [5:0]  first_step;
    // Loops: last indices.
    logic        void_level;      // the level computes none of the blocks
    logic [9:0]  depth_last;
    logic [5:0]  kernel_column_last;
    logic [1:0]  round_last;
    logic [19:0] group_last;
    logic [9:0]  row_last;
    logic [9:0]  block_last;
    logic [19:0] flat_pixels;     // pixels of a flat COMPUTE
    logic [9:0]  block;
    logic [9:0]  row;
    // Input.
    logic [12:0] input_height;    // enlarged
    logic [12:0] input_width;     // enlarged; the output's on a flat path
    logic [9:0]  input_blocks;
    logic [15:0] input_row;
    logic [15:0] input_slot1;     // slots after input_row
    logic [15:0] input_slot2;
    logic [15:0] input_slot3;
    logic [15:0] input_base;
    logic [15:0] input_last;      // last slot of the ring
    logic [13:0] input_pitch;
    logic [13:0] left;            // first column of a row's first group, signed
    logic [15:0] left_words;      // words from column 0 to the bank group of `left`, signed
    // Weights and parameters.
    logic [15:0] weights;
    logic [15:0] set_words;       // words of a round
    logic [15:0] row_words;       // words of a kernel row
    logic [15:0] skipped_words;   // words of the kernel rows above the map, first output row
    logic [9:0]  tap_gap;         // words of a tap that the level skips
    logic        stride_y;
    logic [15:0] parameters;
    // Output and residual.
    logic [9:0]  output_width;
    logic [9:0]  output_blocks;
    logic [15:0] output_row;
    logic [15:0] output_base;
    logic [15:0] output_last;
    logic [13:0] output_pitch;
    logic [13:0] output_left;     // first output column of a row's first group in units of the walk, signed
    logic [15:0] output_left_words;
    logic [9:0]  residual_blocks;
    logic [15:0] residual_row;
    logic [15:0] residual_base;
    logic [15:0] residual_last;
    logic [13:0] residual_pitch;
  } work_t;

  // Kernel rows inside the map, four rows of output in the making: see dw_kernel_rows.
  typedef struct packed {
    logic [13:0] top3;
    logic [9:0]  left3;
    logic [13:0] top2;
    logic [6:0]  first2;
    logic [13:0] limit2;
    logic [13:0] top1;
    logic [6:0]  first1;
    logic [6:0]  end1;
    logic [13:0] top;             // input row that kernel row 0 sees, signed
    logic [12:0] row;             // the same, not above the map
    logic        none;            // no kernel row lies in the map
    logic [5:0]  last;            // kernel rows in the map, minus 1
  } rows_t;

  // What the data path must know of the step whose words leave the banks.
  typedef struct packed {
    logic        valid;
    logic        first;           // of the group: accumulators start anew
    logic        compute;         // products count
    logic        multiply;        // ... and there are any
    logic        close;
    logic        window;
    logic        maximum;
    logic [2:0]  left_ok;
    logic [2:0]  right_ok;
    logic        line_first;      // delay lines start over
  } token_t;
endpackage
