// SPDX-License-Identifier: Apache-2.0
//
// Whether dispatch takes the instruction, or ends with it: its kind, which comes late, picks what else must hold. A module
// of its own, so that mapping leaves the kind for last. Combinational.
module dw_dispatch_take (
  input  logic [3:0] opcode_i,
  input  logic       first_i,     // a header is taken
  input  logic       load_i,      // ... a LOAD, if it is one
  input  logic       compute_i,   // ... a SET or COMPUTE
  input  logic       store_i,     // ... a STORE
  input  logic       see_i,       // there is an instruction to look at
  input  logic       end_i,       // END ends the program, if it is one
  output logic       take_o,
  output logic       done_o
);
  assign done_o = see_i & end_i & (opcode_i == dw_pkg::OPCODE_END);
  always_comb begin
    unique case (opcode_i)
      dw_pkg::OPCODE_LOAD:                        take_o = first_i | load_i;
      dw_pkg::OPCODE_STORE:                       take_o = first_i | store_i;
      dw_pkg::OPCODE_SET, dw_pkg::OPCODE_COMPUTE: take_o = first_i | compute_i;
      default:                                    take_o = first_i;
    endcase
  end
endmodule
