// SPDX-License-Identifier: Apache-2.0
//
// One loop of a nest: counts an index from 0 to a limit and starts over. Both flags are registers, so that a nest's
// carry is an AND of registers. Load (also of a new limit) wins over advance. limit_zero_i says that limit_i is 0, from
// where that is known early.
module dw_loop #(
  parameter int unsigned Width = 1
) (
  input  logic             clk_i,
  input  logic             rst_ni,
  input  logic             load_i,
  input  logic [Width-1:0] limit_i,   // last index
  input  logic             limit_zero_i,
  input  logic             advance_i,
  output logic             first_o,   // index is 0
  output logic             last_o,    // index is the limit
  output logic [Width-1:0] left_o     // limit minus index
);
  logic [Width-1:0] limit_q, left_q;
  logic first_q, last_q;

  always_ff @(posedge clk_i) begin
    if (!rst_ni) begin
      limit_q <= '0;
      left_q <= '0;
      first_q <= 1'b1;
      last_q <= 1'b1;
    end else if (load_i) begin
      limit_q <= limit_i;
      left_q <= limit_i;
      first_q <= 1'b1;
      last_q <= limit_zero_i;
    end else if (advance_i) begin
      left_q <= last_q ? limit_q : left_q - Width'(1);
      first_q <= last_q;
      last_q <= last_q ? limit_q == '0 : left_q == Width'(1);
    end
  end

  assign first_o = first_q;
  assign last_o = last_q;
  assign left_o = left_q;
endmodule
