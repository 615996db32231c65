// SPDX-License-Identifier: Apache-2.0
//
// The loops of a COMPUTE: block, row, group of pixels, round, kernel row, kernel column, channel word; one step a cycle.
//
// A group's last step waits until Interval cycles after the group before, ResidualInterval if it meets a residual; the held
// cycles issue nothing. On the window path HaloGroups groups are read before the first one is computed, and reading stays that far
// ahead, on into the next row and block. After start_i (work_i and rows_i right in that cycle) the first step is in
// step_o in the next cycle. free_o: start_i may come in this cycle.
module dw_sequencer #(
  parameter int unsigned HaloGroups = 1,       // 0 to 3
  parameter int unsigned Interval = 1,         // cycles from one group's last step to the next, at least
  parameter int unsigned ResidualInterval = 1  // ... to the next of a stage with a residual; Interval unless that is 1
) (
  input  logic                 clk_i,
  input  logic                 rst_ni,
  input  logic                 start_i,
  input  dw_engine_pkg::work_t work_i,
  input  dw_engine_pkg::rows_t rows_i,
  input  logic [13:0]          top_i,          // dw_kernel_rows: first row of work_i
  input  logic [5:0]           kernel_height_i,
  output logic                 free_o,
  output logic                 active_o,
  output logic                 last_o,         // last cycle of a COMPUTE
  output dw_engine_pkg::step_t step_o,
  output dw_engine_pkg::work_t work_o,         // of the COMPUTE in step_o
  output dw_engine_pkg::rows_t rows_o          // of the row read
);
  logic active_q, first_q, void_q, in_residual_q;
  dw_engine_pkg::work_t work_q;
  logic [13:0] top_q;
  logic [5:0] kernel_height_q;

  // Loops of a group.
  logic channel_first, channel_last, column_first, column_last, line_first, line_last, round_first, round_last;
  logic taps_last, group_last_step, step_taps;
  // Groups read and groups computed.
  logic read_first, read_last, read_row_first, read_row_last, unused_read_block_first, read_block_last;
  logic group_first, group_last, row_first, row_last, unused_block_first, block_last;
  logic advance, stall, leading, closing, row_advance;
  logic [19:0] groups_left;
  logic [1:0] index_q;
  logic [5:0] next_last;
  dw_engine_pkg::rows_t rows;

  assign taps_last = rows.none || (channel_last && column_last && line_last && round_last);
  assign group_last_step = work_q.residual ? in_residual_q : taps_last;
  assign step_taps = advance && !in_residual_q && !rows.none;
  assign closing = group_last_step && !leading;
  assign advance = active_q && !stall && !void_q;
  assign row_advance = advance && group_last_step && read_last;

  // The interval, Interval being 1 or the same; it runs on from one COMPUTE to the next.
  if (ResidualInterval == 1) begin : gen_no_hold
    assign stall = 1'b0;
  end else begin : gen_hold
    localparam int unsigned HoldBits = $clog2(ResidualInterval);
    logic [HoldBits-1:0] hold_q;
    logic held_q;
    assign stall = held_q && closing && (Interval != 1 || work_q.residual);
    always_ff @(posedge clk_i) begin
      if (!rst_ni) begin
        hold_q <= '0;
        held_q <= 1'b0;
      end else if (advance && closing) begin
        hold_q <= HoldBits'(ResidualInterval - 1);
        held_q <= 1'b1;
      end else begin
        if (hold_q != '0) hold_q <= hold_q - HoldBits'(1);
        held_q <= hold_q != '0 && hold_q != HoldBits'(1);
      end
    end
  end

  // Groups read ahead.
  if (HaloGroups == 0) begin : gen_no_lead
    assign leading = 1'b0;
  end else begin : gen_lead
    logic [1:0] lead_q;
    logic leading_q;
    assign leading = leading_q;
    always_ff @(posedge clk_i) begin
      if (start_i) begin
        lead_q <= 2'(HaloGroups - 1);
        leading_q <= work_i.window;
      end else if (advance && group_last_step && leading_q) begin
        lead_q <= lead_q - 2'd1;
        leading_q <= lead_q != '0;
      end
    end
  end

  always_ff @(posedge clk_i) begin
    if (!rst_ni) begin
      active_q <= 1'b0;
      first_q <= 1'b0;
      void_q <= 1'b0;
      in_residual_q <= 1'b0;
    end else if (start_i) begin
      active_q <= 1'b1;
      first_q <= 1'b1;
      void_q <= work_i.void_level;
      in_residual_q <= 1'b0;
    end else begin
      if (last_o) active_q <= 1'b0;
      if (advance) begin
        first_q <= 1'b0;
        if (work_q.residual) in_residual_q <= taps_last && !in_residual_q;
      end
    end
    if (start_i) begin
      work_q <= work_i;
      top_q <= top_i;
      kernel_height_q <= kernel_height_i;
    end
  end

  assign last_o = active_q && (void_q || (!stall && closing && group_last && row_last && block_last));
  assign free_o = !active_q || last_o;
  assign active_o = active_q;

  logic [9:0] unused_channel;
  logic [5:0] unused_column, unused_line;
  logic [1:0] unused_round;
  logic [19:0] unused_read;
  logic [9:0] unused_read_row, unused_read_block, unused_row, unused_block;

  dw_loop #(.Width(10)) u_channel (
    .clk_i, .rst_ni, .load_i(start_i), .limit_i(work_i.depth_last),
    .limit_zero_i(work_i.depth_last == '0), .advance_i(step_taps),
    .first_o(channel_first), .last_o(channel_last), .left_o(unused_channel)
  );
  dw_loop #(.Width(6)) u_column (
    .clk_i, .rst_ni, .load_i(start_i), .limit_i(work_i.kernel_column_last),
    .limit_zero_i(work_i.kernel_column_last == '0), .advance_i(step_taps && channel_last),
    .first_o(column_first), .last_o(column_last), .left_o(unused_column)
  );
  dw_loop #(.Width(6)) u_line (
    .clk_i, .rst_ni, .load_i(start_i || row_advance), .limit_i(start_i ? rows_i.last : next_last),
    .limit_zero_i(start_i ? rows_i.last == '0 : next_last == '0), .advance_i(step_taps && channel_last && column_last),
    .first_o(line_first), .last_o(line_last), .left_o(unused_line)
  );
  dw_loop #(.Width(2)) u_round (
    .clk_i, .rst_ni, .load_i(start_i), .limit_i(work_i.round_last),
    .limit_zero_i(work_i.round_last == '0), .advance_i(step_taps && channel_last && column_last && line_last),
    .first_o(round_first), .last_o(round_last), .left_o(unused_round)
  );

  dw_loop #(.Width(20)) u_read_group (
    .clk_i, .rst_ni, .load_i(start_i), .limit_i(work_i.group_last),
    .limit_zero_i(work_i.group_last == '0), .advance_i(advance && group_last_step),
    .first_o(read_first), .last_o(read_last), .left_o(unused_read)
  );
  dw_loop #(.Width(10)) u_read_row (
    .clk_i, .rst_ni, .load_i(start_i), .limit_i(work_i.row_last),
    .limit_zero_i(work_i.row_last == '0), .advance_i(row_advance),
    .first_o(read_row_first), .last_o(read_row_last), .left_o(unused_read_row)
  );
  dw_loop #(.Width(10)) u_read_block (
    .clk_i, .rst_ni, .load_i(start_i), .limit_i(work_i.block_last),
    .limit_zero_i(work_i.block_last == '0), .advance_i(row_advance && read_row_last),
    .first_o(unused_read_block_first), .last_o(read_block_last), .left_o(unused_read_block)
  );

  dw_loop #(.Width(20)) u_group (
    .clk_i, .rst_ni, .load_i(start_i), .limit_i(work_i.group_last),
    .limit_zero_i(work_i.group_last == '0), .advance_i(advance && closing),
    .first_o(group_first), .last_o(group_last), .left_o(groups_left)
  );
  dw_loop #(.Width(10)) u_row (
    .clk_i, .rst_ni, .load_i(start_i), .limit_i(work_i.row_last),
    .limit_zero_i(work_i.row_last == '0), .advance_i(advance && closing && group_last),
    .first_o(row_first), .last_o(row_last), .left_o(unused_row)
  );
  dw_loop #(.Width(10)) u_block (
    .clk_i, .rst_ni, .load_i(start_i), .limit_i(work_i.block_last),
    .limit_zero_i(work_i.block_last == '0), .advance_i(advance && closing && group_last && row_last),
    .first_o(unused_block_first), .last_o(block_last), .left_o(unused_block)
  );

  dw_kernel_rows u_rows (
    .clk_i,
    .load_i         (start_i),
    .state_i        (rows_i),
    .start_i        (1'b0),
    .top_i          (top_q),
    .row_last_i     (work_q.row_last),
    .stride_i       (work_q.stride_y),
    .height_i       (work_q.input_height),
    .kernel_height_i(kernel_height_q),
    .single_i       (work_q.window),
    .advance_i      (row_advance),
    .state_o        (rows),
    .next_last_o    (next_last)
  );

  // Index of the computed group in its row, as far as 3.
  always_ff @(posedge clk_i) begin
    if (start_i) index_q <= '0;
    else if (advance && closing) begin
      if (group_last) index_q <= '0;
      else if (index_q != 2'd3) index_q <= index_q + 2'd1;
    end
  end

  always_comb begin
    step_o = '0;
    step_o.valid = advance;
    step_o.first = first_q;
    step_o.tap_first = channel_first;
    step_o.tap_row_first = channel_first && column_first;
    step_o.round_first = channel_first && column_first && line_first && !in_residual_q;
    step_o.group_first = step_o.round_first && round_first;
    step_o.row_first = step_o.group_first && group_first && !leading;
    step_o.block_first = step_o.row_first && row_first;
    step_o.read_row_first = step_o.group_first && read_first;
    step_o.read_block_first = step_o.read_row_first && read_row_first;
    step_o.compute = !leading;
    step_o.residual = in_residual_q;
    step_o.close = closing;
    step_o.none = rows.none;
    step_o.left_ok = {index_q == 2'd3, index_q[1], index_q != '0};
    step_o.right_ok = {groups_left > 20'd2, groups_left > 20'd1, groups_left != '0};
    work_o = work_q;
    rows_o = rows;
  end

  logic unused;
  assign unused = read_block_last;
endmodule
