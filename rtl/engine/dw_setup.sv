// SPDX-License-Identifier: Apache-2.0
//
// Works out what a COMPUTE comes down to while the one before it runs: products by serial multipliers, last indices,
// the kernel rows of the first output rows. start_i comes in the first cycle in which stage_i and instruction_i are
// there; work_o and rows_o are right SETUP_CYCLES - 2 cycles later and stay until the next start_i.
module dw_setup #(
  parameter int unsigned Pixels = 0,
  parameter int unsigned Lanes = 0,
  parameter int unsigned Inputs = 0
) (
  input  logic                           clk_i,
  input  logic                           rst_ni,
  input  logic                           start_i,
  input  logic [2:0]                     level_i,
  input  logic [dw_pkg::STAGE_BITS-1:0]  stage_i,
  input  logic [255:0]                   instruction_i,
  output dw_engine_pkg::work_t           work_o,
  output dw_engine_pkg::rows_t           rows_o,
  output logic [13:0]                    top_o
);
  localparam int unsigned PixelBits = $clog2(Pixels);
  localparam int unsigned RatioBits = $clog2(Inputs / Lanes);
  localparam int unsigned SecondStart = 12;  // cycles from start_i to the products of products

  // Fields.
  logic window, shared, stride_x, stride_y, flat;
  logic [1:0] upsample;
  logic [5:0] kernel_height, kernel_width, padding_top, padding_left, steps;
  logic [9:0] input_blocks, output_width, output_blocks, row, rows, block, blocks;
  assign window = stage_i[dw_pkg::STAGE_WINDOW_LSB];
  assign shared = stage_i[dw_pkg::STAGE_SHARED_WEIGHTS_LSB];
  assign flat = stage_i[dw_pkg::STAGE_FLAT_LSB];
  assign stride_x = stage_i[dw_pkg::STAGE_STRIDE_X_LSB];
  assign stride_y = stage_i[dw_pkg::STAGE_STRIDE_Y_LSB];
  assign upsample = stage_i[dw_pkg::STAGE_UPSAMPLE_LSB +: 2];
  assign kernel_height = stage_i[dw_pkg::STAGE_KERNEL_HEIGHT_LSB +: 6];
  assign kernel_width = stage_i[dw_pkg::STAGE_KERNEL_WIDTH_LSB +: 6];
  assign padding_top = stage_i[dw_pkg::STAGE_PADDING_TOP_LSB +: 6];
  assign padding_left = stage_i[dw_pkg::STAGE_PADDING_LEFT_LSB +: 6];
  assign steps = stage_i[dw_pkg::STAGE_STEPS_LSB +: 6];
  assign input_blocks = stage_i[dw_pkg::STAGE_INPUT_BLOCKS_LSB +: 10];
  assign output_width = stage_i[dw_pkg::STAGE_OUTPUT_WIDTH_LSB +: 10];
  assign output_blocks = stage_i[dw_pkg::STAGE_OUTPUT_BLOCKS_LSB +: 10];
  assign row = instruction_i[dw_pkg::COMPUTE_ROW_LSB +: 10];
  assign rows = instruction_i[dw_pkg::COMPUTE_ROWS_LSB +: 10];
  assign block = instruction_i[dw_pkg::COMPUTE_BLOCK_LSB +: 10];
  assign blocks = instruction_i[dw_pkg::COMPUTE_BLOCKS_LSB +: 10];

  // When.
  logic [4:0] count_q;
  logic second;
  always_ff @(posedge clk_i) begin
    if (!rst_ni) count_q <= '1;
    else if (start_i) count_q <= '0;
    else if (count_q != '1) count_q <= count_q + 5'd1;
  end
  assign second = count_q == 5'(SecondStart - 1);

  // What a level skips.
  logic [5:0] skipped_inputs, skipped_outputs, skipped_inputs_q, skipped_outputs_q;
  logic [9:0] depth_full;
  logic signed [15:0] blocks_left_q;
  logic skips_q;
  logic [15:0] computed_words, computed_end;
  assign computed_words = 16'(output_blocks) - 16'(skipped_outputs_q);
  assign computed_end = computed_words << RatioBits;
  always_comb begin
    skipped_inputs = '0;
    skipped_outputs = '0;
    for (int unsigned level = 1; level <= dw_pkg::PRUNING_LEVELS; level++) begin
      if (level_i == 3'(level)) begin
        skipped_inputs = skipped_inputs | stage_i[dw_pkg::STAGE_SKIPPED_INPUTS_LSB + (level - 1) * 6 +: 6];
        skipped_outputs = skipped_outputs | stage_i[dw_pkg::STAGE_SKIPPED_OUTPUTS_LSB + (level - 1) * 6 +: 6];
      end
    end
  end
  always_ff @(posedge clk_i) begin
    skipped_inputs_q <= skipped_inputs;
    skipped_outputs_q <= skipped_outputs;
    skips_q <= skipped_outputs_q != '0;
    blocks_left_q <= $signed(computed_end - 16'(block));
  end
  assign depth_full = stage_i[dw_pkg::STAGE_DIAGONAL_LSB] ? 10'd1 : input_blocks;

  // First row and columns.
  logic [13:0] top_q;
  logic [6:0] above_q;
  logic [5:0] groups_left_q;
  logic [13:0] shift_q, output_left_q;
  logic [5:0] output_groups_left_q;
  logic [13:0] negative_top;
  assign negative_top = -top_q;
  // Padding in bank groups, rounded up; the output counts half columns on the window path with stride 2.
  logic [6:0] left_wide, left_rounded, output_wide, output_rounded;
  logic [2:0] left_places;
  assign left_places = 3'(PixelBits) + 3'(upsample);
  assign left_wide = 7'(padding_left) + 7'((Pixels << upsample) - 1);
  assign left_rounded = left_wide >> left_places;
  assign output_wide = 7'(padding_left) + (stride_x ? 7'(2 * Pixels - 2) : 7'(Pixels - 1));
  assign output_rounded = stride_x ? output_wide >> (PixelBits + 1) : output_wide >> PixelBits;
  always_ff @(posedge clk_i) begin
    top_q <= (stride_y ? {3'b0, row, 1'b0} : {4'b0, row}) - 14'(padding_top);
    above_q <= top_q[13] ? negative_top[6:0] : '0;
    // Bank groups to the left of column 0, rounded up.
    groups_left_q <= window ? '0 : left_rounded[5:0];
    shift_q <= window ? '0 : -(14'(padding_left));
    output_left_q <= !window ? '0 : stride_x ? 14'd1 - 14'(padding_left) : -(14'(padding_left));
    output_groups_left_q <= !window ? '0 : output_rounded[5:0];
  end

  assign top_o = top_q;

  // Products.
  logic go_q, go_qq;
  logic [15:0] row_words, set_words, left_product, skip_product, output_product;
  logic [15:0] row_words_q, left_words_q, output_words_q;
  logic [19:0] pixels;
  always_ff @(posedge clk_i) begin
    go_q <= start_i;
    go_qq <= go_q;
  end
  dw_serial_multiply #(.WidthA(6), .WidthB(16), .WidthProduct(16)) u_words (
    .clk_i,
    .start_i  (go_qq || second),
    .a_i      (second ? kernel_height : kernel_width),
    .b_i      (second ? row_words : 16'(depth_full)),
    .product_o(row_words)
  );
  assign set_words = row_words;
  dw_serial_multiply #(.WidthA(7), .WidthB(16), .WidthProduct(16)) u_left (
    .clk_i,
    .start_i  (go_qq || second),
    .a_i      (second ? above_q : 7'(groups_left_q)),
    .b_i      (second ? row_words : 16'(input_blocks)),
    .product_o(left_product)
  );
  assign skip_product = left_product;
  dw_serial_multiply #(.WidthA(6), .WidthB(10), .WidthProduct(16)) u_output (
    .clk_i,
    .start_i  (go_qq),
    .a_i      (output_groups_left_q),
    .b_i      (output_blocks),
    .product_o(output_product)
  );
  dw_serial_multiply #(.WidthA(10), .WidthB(10), .WidthProduct(20)) u_pixels (
    .clk_i,
    .start_i  (go_qq),
    .a_i      (rows),
    .b_i      (output_width),
    .product_o(pixels)
  );
  always_ff @(posedge clk_i) begin
    if (second) begin
      row_words_q <= row_words;
      left_words_q <= -left_product;
      output_words_q <= -output_product;
    end
  end

  // Kernel rows.
  logic [2:0] fill_q;
  logic [5:0] unused_next;
  always_ff @(posedge clk_i) fill_q <= {fill_q[1:0], go_qq};
  logic fill_more_q;
  always_ff @(posedge clk_i) fill_more_q <= fill_q[2];
  dw_kernel_rows u_rows (
    .clk_i,
    .load_i         (1'b0),
    .state_i        ('0),
    .start_i        (fill_q[0]),
    .top_i          (top_q),
    .row_last_i     (flat ? '0 : rows - 10'd1),
    .stride_i       (stride_y),
    .height_i       (work_o.input_height),
    .kernel_height_i(kernel_height),
    .single_i       (window),
    .advance_i      (fill_q[1] || fill_q[2] || fill_more_q),
    .state_o        (rows_o),
    .next_last_o    (unused_next)
  );

  // Last indices, a few steps behind what they need.
  logic [19:0] group_last_q;
  logic [9:0] block_last_q, depth_last_q;
  logic void_q;
  logic [9:0] wide;
  assign wide = output_width - 10'd1;
  always_ff @(posedge clk_i) begin
    if (window) group_last_q <= 20'(stage_i[dw_pkg::STAGE_GROUPS_LSB +: 9]) - 20'd1;
    else if (flat) group_last_q <= (pixels - 20'd1) >> PixelBits;
    else if (stride_x && PixelBits > 0) group_last_q <= 20'(wide) >> (PixelBits - 1);
    else group_last_q <= 20'(wide) >> PixelBits;
    void_q <= skips_q && (blocks_left_q[15] || blocks_left_q == '0);
    block_last_q <= (skips_q && !blocks_left_q[15] && blocks_left_q[14:0] < 15'(blocks) ? blocks_left_q[9:0] : blocks) - 10'd1;
    depth_last_q <= (window ? 10'(steps) : depth_full - (stage_i[dw_pkg::STAGE_DIAGONAL_LSB] ? '0 : 10'(skipped_inputs_q))) - 10'd1;
  end

  // The row slots after the first.
  logic [15:0] slot1_q, slot2_q, slot3_q, slot1, slot2, slot3;
  dw_next_slot u_slot1 (
    .slot_i(work_o.input_row), .base_i(work_o.input_base), .last_i(work_o.input_last), .pitch_i(work_o.input_pitch),
    .next_o(slot1)
  );
  dw_next_slot u_slot2 (
    .slot_i(slot1_q), .base_i(work_o.input_base), .last_i(work_o.input_last), .pitch_i(work_o.input_pitch),
    .next_o(slot2)
  );
  dw_next_slot u_slot3 (
    .slot_i(slot2_q), .base_i(work_o.input_base), .last_i(work_o.input_last), .pitch_i(work_o.input_pitch),
    .next_o(slot3)
  );
  always_ff @(posedge clk_i) begin
    slot1_q <= slot1;
    slot2_q <= slot2;
    slot3_q <= slot3;
  end

  always_comb begin
    work_o.window = window;
    work_o.flat = flat;
    work_o.diagonal = stage_i[dw_pkg::STAGE_DIAGONAL_LSB];
    work_o.shared_direct = shared && !window;
    work_o.shared_window = shared && window;
    work_o.residual = stage_i[dw_pkg::STAGE_RESIDUAL_LSB +: 2] != '0;
    work_o.broadcast = stage_i[dw_pkg::STAGE_BROADCAST_LSB];
    work_o.stride_x = stride_x;
    work_o.upsample = upsample;
    work_o.first_step = stage_i[dw_pkg::STAGE_FIRST_STEP_LSB +: 6];
    work_o.void_level = void_q;
    work_o.depth_last = depth_last_q;
    work_o.kernel_column_last = window ? '0 : kernel_width - 6'd1;
    work_o.round_last = stage_i[dw_pkg::STAGE_REPEAT_LSB +: 2];
    work_o.group_last = group_last_q;
    work_o.row_last = flat ? '0 : rows - 10'd1;
    work_o.block_last = block_last_q;
    work_o.flat_pixels = pixels;
    work_o.block = block;
    work_o.row = row;
    work_o.input_height = 13'(stage_i[dw_pkg::STAGE_INPUT_HEIGHT_LSB +: 10]) << upsample;
    work_o.input_width = 13'(stage_i[dw_pkg::STAGE_INPUT_WIDTH_LSB +: 10]) << upsample;
    work_o.input_blocks = input_blocks;
    work_o.input_row = instruction_i[dw_pkg::COMPUTE_INPUT_ROW_LSB +: 16];
    work_o.input_slot1 = slot1_q;
    work_o.input_slot2 = slot2_q;
    work_o.input_slot3 = slot3_q;
    work_o.input_base = stage_i[dw_pkg::STAGE_INPUT_BASE_LSB +: 16];
    work_o.input_pitch = stage_i[dw_pkg::STAGE_INPUT_PITCH_LSB +: 14];
    work_o.input_last = stage_i[dw_pkg::STAGE_INPUT_END_LSB +: 16] - 16'(work_o.input_pitch);
    work_o.left = shift_q;
    work_o.left_words = left_words_q;
    work_o.weights = instruction_i[dw_pkg::COMPUTE_WEIGHTS_LSB +: 16];
    work_o.set_words = window ? 16'(steps) : shared ? '0 : set_words;
    work_o.row_words = row_words_q;
    work_o.skipped_words = window ? '0 : skip_product;
    work_o.tap_gap = stage_i[dw_pkg::STAGE_DIAGONAL_LSB] || window ? '0 : 10'(skipped_inputs_q);
    work_o.stride_y = stride_y;
    work_o.parameters = instruction_i[dw_pkg::COMPUTE_PARAMETERS_LSB +: 16];
    work_o.output_width = output_width;
    work_o.output_blocks = output_blocks;
    work_o.output_row = instruction_i[dw_pkg::COMPUTE_OUTPUT_ROW_LSB +: 16];
    work_o.output_base = stage_i[dw_pkg::STAGE_OUTPUT_BASE_LSB +: 16];
    work_o.output_pitch = stage_i[dw_pkg::STAGE_OUTPUT_PITCH_LSB +: 14];
    work_o.output_last = stage_i[dw_pkg::STAGE_OUTPUT_END_LSB +: 16] - 16'(work_o.output_pitch);
    work_o.output_left = output_left_q;
    work_o.output_left_words = output_words_q;
    work_o.residual_blocks = stage_i[dw_pkg::STAGE_RESIDUAL_BLOCKS_LSB +: 10];
    work_o.residual_row = instruction_i[dw_pkg::COMPUTE_RESIDUAL_ROW_LSB +: 16];
    work_o.residual_base = stage_i[dw_pkg::STAGE_RESIDUAL_BASE_LSB +: 16];
    work_o.residual_pitch = stage_i[dw_pkg::STAGE_RESIDUAL_PITCH_LSB +: 14];
    work_o.residual_last = stage_i[dw_pkg::STAGE_RESIDUAL_END_LSB +: 16] - 16'(work_o.residual_pitch);
  end

  logic unused;
  assign unused = ^{instruction_i, negative_top, unused_next, left_rounded, output_rounded};
endmodule
