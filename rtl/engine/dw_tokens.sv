// SPDX-License-Identifier: Apache-2.0
//
// What goes with a step down the pipeline: with the words from the banks, with the operands, with the sums; and the
// cycles in which weights and parameters are read and a group is finished.
module dw_tokens #(
  parameter int unsigned BankData = 0,      // cycles from step_i
  parameter int unsigned Operands = 0,
  parameter int unsigned Sums = 0
) (
  input  logic                  clk_i,
  input  logic                  rst_ni,
  input  dw_engine_pkg::step_t  step_i,
  input  logic                  window_i,
  input  logic                  maximum_i,
  output dw_engine_pkg::token_t token_bank_o,
  output dw_engine_pkg::token_t token_operands_o,
  output dw_engine_pkg::token_t token_sums_o,
  output logic                  weight_read_o,    // two cycles before the operands
  output logic                  close_read_o,     // one cycle before the sums
  output logic                  close_sums_o,     // with the sums
  output logic                  close_o           // one cycle after: accumulators hold the group
);
  localparam int unsigned TokenBits = 14;
  dw_engine_pkg::token_t token, token_bank, token_operands, token_sums;
  always_comb begin
    token = '0;
    token.valid = step_i.valid;
    token.first = step_i.group_first && step_i.compute;
    token.compute = step_i.compute && !step_i.residual;
    token.multiply = step_i.compute && !step_i.residual && !step_i.none;
    token.close = step_i.close;
    token.window = window_i;
    token.maximum = maximum_i;
    token.left_ok = step_i.left_ok;
    token.right_ok = step_i.right_ok;
    token.line_first = step_i.group_first;
  end
  logic valid_bank, valid_operands, valid_sums;
  dw_delay #(.Width(1), .Depth(BankData), .Reset(1'b1)) u_valid_bank (
    .clk_i, .rst_ni, .data_i(token.valid), .data_o(valid_bank)
  );
  dw_engine_pkg::token_t token_bank_raw, token_operands_raw, token_sums_raw;
  dw_delay #(.Width(TokenBits), .Depth(BankData)) u_token_bank (
    .clk_i, .rst_ni, .data_i(token), .data_o(token_bank_raw)
  );
  dw_delay #(.Width(1), .Depth(Operands - BankData), .Reset(1'b1)) u_valid_operands (
    .clk_i, .rst_ni, .data_i(valid_bank), .data_o(valid_operands)
  );
  dw_delay #(.Width(TokenBits), .Depth(Operands - BankData)) u_token_operands (
    .clk_i, .rst_ni, .data_i(token_bank), .data_o(token_operands_raw)
  );
  dw_delay #(.Width(1), .Depth(Sums - Operands), .Reset(1'b1)) u_valid_sums (
    .clk_i, .rst_ni, .data_i(valid_operands), .data_o(valid_sums)
  );
  dw_delay #(.Width(TokenBits), .Depth(Sums - Operands)) u_token_sums (
    .clk_i, .rst_ni, .data_i(token_operands), .data_o(token_sums_raw)
  );
  always_comb begin
    token_bank = token_bank_raw;
    token_bank.valid = valid_bank;
    token_operands = token_operands_raw;
    token_operands.valid = valid_operands;
    token_sums = token_sums_raw;
    token_sums.valid = valid_sums;
  end
  dw_delay #(.Width(1), .Depth(Operands - 2), .Reset(1'b1)) u_weight_read (
    .clk_i, .rst_ni, .data_i(token.valid && token.multiply), .data_o(weight_read_o)
  );
  dw_delay #(.Width(1), .Depth(Sums - 1 - Operands), .Reset(1'b1)) u_close_read (
    .clk_i, .rst_ni, .data_i(token_operands.valid && token_operands.close), .data_o(close_read_o)
  );
  assign close_sums_o = token_sums.valid && token_sums.close;
  always_ff @(posedge clk_i) close_o <= rst_ni && close_sums_o;
  assign token_bank_o = token_bank;
  assign token_operands_o = token_operands;
  assign token_sums_o = token_sums;

  logic unused;
  assign unused = ^step_i;
endmodule
