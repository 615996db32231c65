// SPDX-License-Identifier: Apache-2.0
//
// The row slot after another in a ring: base after the last one. Combinational.
module dw_next_slot (
  input  logic [15:0] slot_i,
  input  logic [15:0] base_i,
  input  logic [15:0] last_i,
  input  logic [13:0] pitch_i,
  output logic [15:0] next_o
);
  assign next_o = slot_i == last_i ? base_i : slot_i + 16'(pitch_i);
endmodule
