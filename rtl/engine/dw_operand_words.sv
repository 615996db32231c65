// SPDX-License-Identifier: Apache-2.0
//
// From the words that leave the banks to operands: rotate rows into place, pick each slot's word, subtract the zero
// point and round, put 0 where a tap lies in the padding (hardware padding: no zero is stored), mark what the level prunes,
// and on the window path keep the groups of columns to the left and right at hand.
//
// Data and the signals with them come in cycle 0; zero_i to mask_i belong to cycle 2. addend_o (raw codes of the
// residual tensor) is right in cycle 3, operands in cycle 4. One step a cycle, no stalls.
module dw_operand_words #(
  parameter int unsigned Pixels = 0,
  parameter int unsigned Lanes = 0,
  parameter int unsigned Inputs = 0,
  parameter int unsigned HaloGroups = 1,
  parameter int unsigned Rows = 1,
  parameter int unsigned Bytes = 1,
  parameter int unsigned LineDepth = 2,
  localparam int unsigned ColumnBits = Pixels == 1 ? 1 : $clog2(Pixels),
  localparam int unsigned RatioBits = $clog2(Inputs / Lanes),
  localparam int unsigned OffsetBits = RatioBits == 0 ? 1 : RatioBits,
  localparam int unsigned Sets = dw_pkg::ROW_SETS,
  localparam int unsigned WordBits = Inputs * 8,
  localparam int unsigned Columns = (2 * HaloGroups + 1) * Pixels
) (
  input  logic                             clk_i,
  input  logic                             rst_ni,
  input  dw_engine_pkg::token_t            token_i,
  input  logic [Sets*Pixels*WordBits-1:0]  data_i,            // [set][column]
  input  logic [1:0]                       set_i,             // row set of row 0
  input  logic [Sets-1:0]                  row_valid_i,
  input  logic [Pixels-1:0]                slot_valid_i,
  input  logic [Pixels-1:0]                slot_straddle_i,
  input  logic [Pixels*ColumnBits-1:0]     slot_column_i,
  input  logic [OffsetBits-1:0]            lane_offset_i,
  input  logic signed [7:0]                zero_i,
  input  logic [7:0]                       threshold_i,
  input  logic signed [7:0]                rounding_zero_i,   // zero point less rounding offset
  input  logic [2:0]                       mask_i,            // low bits that are kept
  output logic [Pixels*Lanes*8-1:0]        addend_o,          // [pixel][lane]
  output logic [Pixels*Inputs*10-1:0]      direct_o,          // [pixel][channel]
  output logic [Columns*Rows*Bytes*10-1:0] columns_o,         // [column][row][channel]
  output logic                             blank_o            // a 0 counts as pruned
);
  localparam int unsigned Kept = Rows < 2 ? 2 : Rows;
  localparam int unsigned GroupWidth = Pixels * Rows * Bytes * 10;

  // ---- cycle 1: row i of the step is row i
  logic [Kept*Pixels*WordBits-1:0] rows_1q;
  logic [Sets-1:0] row_valid_1q, row_valid_2q;
  logic [Pixels-1:0] slot_valid_1q, slot_valid_2q, straddle_1q;
  logic [Pixels*ColumnBits-1:0] column_1q;
  logic [OffsetBits-1:0] offset_1q, offset_2q;
  dw_engine_pkg::token_t token_1q, token_2q, token_3q;
  always_ff @(posedge clk_i) begin
    for (int unsigned i = 0; i < Kept; i++)
      rows_1q[i*Pixels*WordBits +: Pixels*WordBits] <= data_i[((i + 32'(set_i)) % 4)*Pixels*WordBits +: Pixels*WordBits];
    row_valid_1q <= row_valid_i;
    row_valid_2q <= row_valid_1q;
    slot_valid_1q <= slot_valid_i;
    slot_valid_2q <= slot_valid_1q;
    straddle_1q <= slot_straddle_i;
    column_1q <= slot_column_i;
    offset_1q <= lane_offset_i;
    offset_2q <= offset_1q;
    token_2q <= token_1q;
    token_3q <= token_2q;
    token_1q <= token_i;
    if (!rst_ni) begin
      token_1q.valid <= 1'b0;
      token_2q.valid <= 1'b0;
      token_3q.valid <= 1'b0;
    end
  end

  // ---- cycle 2: the slots' words; the lanes' channels of the window
  logic [Pixels*WordBits-1:0] direct_2q;
  logic [Pixels*Rows*Bytes*8-1:0] window_2q;      // [column][row][channel]
  for (genvar p = 0; p < Pixels; p++) begin : gen_word
    logic [31:0] from;
    assign from = (straddle_1q[p] ? Pixels : 0) + (Pixels == 1 ? 0 : 32'(column_1q[p*ColumnBits +: ColumnBits]));
    always_ff @(posedge clk_i) direct_2q[p*WordBits +: WordBits] <= rows_1q[from*WordBits +: WordBits];
    for (genvar i = 0; i < Rows; i++) begin : gen_row
      for (genvar b = 0; b < Bytes; b++) begin : gen_byte
        logic [31:0] channel;
        assign channel = b < Lanes && RatioBits > 0 ? 32'(offset_1q) * Lanes + b : b;
        always_ff @(posedge clk_i)
          window_2q[((p*Rows+i)*Bytes+b)*8 +: 8] <= rows_1q[(i*Pixels+p)*WordBits + channel*8 +: 8];
      end
    end
  end

  // ---- cycle 3: x - z, rounding, padding, pruning
  logic [Pixels*Inputs*10-1:0] direct_3q;
  logic [GroupWidth-1:0] window_3q;
  logic signed [9:0] below, above;
  assign below = 10'(zero_i) - 10'(threshold_i);
  assign above = 10'(zero_i) + 10'(threshold_i);
  // What lies outside the map is 0, pruned where any threshold prunes a 0: so it is within a group, see dw_operand.
  logic blank, blank_3q;
  logic [GroupWidth-1:0] blank_group;
  assign blank = threshold_i != '0;
  always_ff @(posedge clk_i) blank_3q <= blank;
  always_ff @(posedge clk_i) blank_o <= blank_3q;
  assign blank_group = {(Pixels * Rows * Bytes) {blank_3q, 9'd0}};
  for (genvar p = 0; p < Pixels; p++) begin : gen_operand
    for (genvar n = 0; n < Inputs; n++) begin : gen_direct
      dw_operand u_operand (
        .clk_i,
        .code_i   (direct_2q[(p*Inputs+n)*8 +: 8]),
        .valid_i  (slot_valid_2q[p]),
        .blank_i  (blank),
        .zero_i   (rounding_zero_i),
        .mask_i,
        .below_i  (below),
        .above_i  (above),
        .operand_o(direct_3q[(p*Inputs+n)*10 +: 10])
      );
    end
    for (genvar i = 0; i < Rows; i++) begin : gen_row
      for (genvar b = 0; b < Bytes; b++) begin : gen_byte
        dw_operand u_operand (
          .clk_i,
          .code_i   (window_2q[((p*Rows+i)*Bytes+b)*8 +: 8]),
          .valid_i  (slot_valid_2q[p] && row_valid_2q[i]),
          .blank_i  (blank),
          .zero_i   (rounding_zero_i),
          .mask_i,
          .below_i  (below),
          .above_i  (above),
          .operand_o(window_3q[((p*Rows+i)*Bytes+b)*10 +: 10])
        );
      end
    end
    if (RatioBits == 0) begin : gen_addend_all
      always_ff @(posedge clk_i) addend_o[p*Lanes*8 +: Lanes*8] <= direct_2q[p*WordBits +: Lanes*8];
    end else begin : gen_addend
      always_ff @(posedge clk_i)
        addend_o[p*Lanes*8 +: Lanes*8] <= direct_2q[p*WordBits + 32'(offset_2q)*Lanes*8 +: Lanes*8];
    end
  end

  // ---- cycle 4: the groups around the computed one
  always_ff @(posedge clk_i) if (token_3q.valid) direct_o <= direct_3q;
  if (HaloGroups == 0) begin : gen_no_lines
    always_ff @(posedge clk_i) if (token_3q.valid && token_3q.window) columns_o <= window_3q;
  end else begin : gen_lines
    logic [2*HaloGroups*GroupWidth-1:0] lines;
    logic push;
    assign push = token_3q.valid && token_3q.window;
    dw_lines #(.Width(GroupWidth), .Lines(2 * HaloGroups), .Depth(LineDepth)) u_lines (
      .clk_i,
      .rst_ni,
      .next_push_i (token_2q.valid && token_2q.window),
      .next_first_i(token_2q.line_first),
      .push_i      (push),
      .data_i      (window_3q),
      .lines_o     (lines)
    );
    // Group j of columns_o, from the left, was pushed 2 * HaloGroups - j groups ago.
    always_ff @(posedge clk_i) begin
      if (push) begin
        columns_o[2*HaloGroups*GroupWidth +: GroupWidth] <= token_3q.right_ok[HaloGroups-1] ? window_3q : blank_group;
        for (int unsigned j = 0; j < 2 * HaloGroups; j++) begin
          if (j < HaloGroups)
            columns_o[j*GroupWidth +: GroupWidth]
              <= token_3q.left_ok[HaloGroups-1-j] ? lines[(2*HaloGroups-1-j)*GroupWidth +: GroupWidth] : blank_group;
          else if (j == HaloGroups)
            columns_o[j*GroupWidth +: GroupWidth] <= lines[(2*HaloGroups-1-j)*GroupWidth +: GroupWidth];
          else
            columns_o[j*GroupWidth +: GroupWidth]
              <= token_3q.right_ok[j-HaloGroups-1] ? lines[(2*HaloGroups-1-j)*GroupWidth +: GroupWidth] : blank_group;
        end
      end
    end
  end

  logic unused;
  assign unused = ^{row_valid_2q, token_3q, offset_2q, blank_group};
endmodule
