// SPDX-License-Identifier: Apache-2.0
//
// What the N multipliers of one lane look at, for every pixel: the direct word of the pixel's slot, or taps of the
// sliding window around it as a tap map says. One lane's view of the adder tree, and the reason why one tree serves
// standard, depthwise and pointwise convolution.
//
// An operand is 10 bits: bit 9 pruned, bits 8..0 x - z signed. Taps holds 16 bits an input a map: bit 15 there is a tap,
// 14 the lane's own channel, 13..12 row, 11..8 column - centre + 8, 7..0 byte. Combinational: a tree of two-way choices,
// one bit of select_i a level, which maps to half the tables that comparing with the number of each map would take.
module dw_operand_router #(
  parameter int unsigned Pixels = 0,
  parameter int unsigned Inputs = 0,
  parameter int unsigned HaloGroups = 1,
  parameter int unsigned Rows = 1,              // rows of a window
  parameter int unsigned Bytes = 1,             // channels of a window
  parameter int unsigned TapMaps = 1,
  parameter bit [TapMaps*Inputs*16-1:0] Taps = '0,
  localparam int unsigned SelectBits = $clog2(TapMaps + 1),
  localparam int unsigned Columns = (2 * HaloGroups + 1) * Pixels
) (
  input  logic [SelectBits-1:0]              select_i,  // tap map; TapMaps and above: the direct word
  input  logic                               blank_i,   // an input without a tap is 0, this its bit 9
  input  logic [Pixels*Inputs*10-1:0]        direct_i,  // [pixel][channel]
  input  logic [Columns*Rows*10-1:0]         own_i,     // the lane's channel, [column][row]
  input  logic [Columns*Rows*Bytes*10-1:0]   shared_i,  // [column][row][channel]
  output logic [Pixels*Inputs*10-1:0]        operand_o  // [pixel][input]
);
  for (genvar p = 0; p < Pixels; p++) begin : gen_pixel
    for (genvar n = 0; n < Inputs; n++) begin : gen_input
      for (genvar level = 0; level <= SelectBits; level++) begin : gen_level
        localparam int unsigned Views = 1 << (SelectBits - level);
        logic [Views*10-1:0] views;
        if (level == 0) begin : gen_views
          for (genvar t = 0; t < Views; t++) begin : gen_map
            if (t >= TapMaps) begin : gen_direct
              assign views[t*10 +: 10] = direct_i[(p*Inputs+n)*10 +: 10];
            end else begin : gen_tap
              localparam bit [15:0] Tap = Taps[(t*Inputs+n)*16 +: 16];
              localparam int unsigned Row = 32'(Tap[13:12]);
              localparam int unsigned Column = HaloGroups * Pixels + p + 32'(Tap[11:8]) - 8;
              if (!Tap[15]) begin : gen_none
                assign views[t*10 +: 10] = {blank_i, 9'd0};
              end else if (Tap[14]) begin : gen_own
                assign views[t*10 +: 10] = own_i[(Column*Rows+Row)*10 +: 10];
              end else begin : gen_shared
                assign views[t*10 +: 10] = shared_i[((Column*Rows+Row)*Bytes+32'(Tap[7:0]))*10 +: 10];
              end
            end
          end
        end else begin : gen_choose
          for (genvar t = 0; t < Views; t++) begin : gen_pair
            assign views[t*10 +: 10] = select_i[level-1] ? gen_level[level-1].views[(2*t+1)*10 +: 10]
                                                         : gen_level[level-1].views[2*t*10 +: 10];
          end
        end
      end
      assign operand_o[(p*Inputs+n)*10 +: 10] = gen_level[SelectBits].views;
    end
  end

  logic unused;
  assign unused = ^{own_i, shared_i, blank_i};
endmodule
