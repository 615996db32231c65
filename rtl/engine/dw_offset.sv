// SPDX-License-Identifier: Apache-2.0
//
// (keep_i ? upper_i : 0) plus or minus a constant, a table of six inputs a bit instead of an adder and gates.
module dw_offset #(
  parameter int unsigned Step = 0,     // 0..16
  parameter bit          Minus = 1'b0
) (
  input  logic              keep_i,
  input  logic signed [4:0] upper_i,
  output logic signed [5:0] sum_o
);
  // Bit `place` of the sum, for all {keep_i, upper_i}.
  function automatic bit [63:0] table_of(input int unsigned place);
    for (int at = 0; at < 64; at++)
      table_of[at] = 1'(((Minus ? -Step : Step) + (at < 32 ? 0 : at < 48 ? at - 32 : at - 64)) >>> place);
  endfunction

  for (genvar i = 0; i < 6; i++) begin : gen_bit
    localparam bit [63:0] Table = table_of(i);
    assign sum_o[i] = Table[{keep_i, upper_i}];
  end
endmodule
