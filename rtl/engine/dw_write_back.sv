// SPDX-License-Identifier: Apache-2.0
//
// Deals the codes of a chunk of slots out to the columns of two rows: the group's row and, where slots straddle its end,
// the row after. A group's position is taken two cycles before valid_i and its first codes, and held for the chunks after;
// it comes PositionDelay cycles before it is taken, close_i CloseDelay cycles before.
// Latency one cycle from valid_i to the write ports.
module dw_write_back #(
  parameter int unsigned Pixels = 0,
  parameter int unsigned Lanes = 0,
  parameter int unsigned Inputs = 0,
  parameter int unsigned RequantisePixels = 0,
  parameter int unsigned PositionDelay = 1,
  parameter int unsigned CloseDelay = 1,
  localparam int unsigned ColumnBits = Pixels == 1 ? 1 : $clog2(Pixels),
  localparam int unsigned RatioBits = $clog2(Inputs / Lanes),
  localparam int unsigned OffsetBits = RatioBits == 0 ? 1 : RatioBits,
  localparam int unsigned Chunks = Pixels / RequantisePixels,
  localparam int unsigned ChunkBits = Chunks == 1 ? 1 : $clog2(Chunks),
  localparam int unsigned WordBits = Inputs * 8,
  localparam int unsigned LaneBits = Lanes * 8
) (
  input  logic                                 clk_i,
  input  logic                                 rst_ni,
  input  logic                                 close_i,
  input  logic [15:0]                          address_i,
  input  logic [15:0]                          wrapped_i,
  input  logic [15:0]                          next_i,
  input  logic [ColumnBits-1:0]                first_i,
  input  logic [1:0]                           set_i,
  input  logic [OffsetBits-1:0]                offset_i,
  input  logic [Pixels-1:0]                    slot_valid_i,
  input  logic [Pixels-1:0]                    slot_straddle_i,
  input  logic [Pixels*ColumnBits-1:0]         slot_column_i,
  input  logic                                 valid_i,
  input  logic [ChunkBits-1:0]                 chunk_i,
  input  logic [RequantisePixels*LaneBits-1:0] codes_i,
  output logic                                 busy_o,
  output logic [1:0]                           set_o,
  output logic [2*Pixels-1:0]                  write_o,      // [row][column]
  output logic [2*Pixels*16-1:0]               address_o,
  output logic [2*Pixels*WordBits-1:0]         data_o,
  output logic [Inputs-1:0]                    bytes_o
);
  localparam int unsigned PositionBits = 3 * 16 + ColumnBits + 2 + OffsetBits + 2 * Pixels + Pixels * ColumnBits;
  logic [PositionBits-1:0] position_late;
  logic close_late;
  dw_delay #(.Width(PositionBits), .Depth(PositionDelay)) u_position (
    .clk_i, .rst_ni,
    .data_i({address_i, wrapped_i, next_i, first_i, set_i, offset_i, slot_valid_i, slot_straddle_i, slot_column_i}),
    .data_o(position_late)
  );
  dw_delay #(.Width(1), .Depth(CloseDelay), .Reset(1'b1)) u_close (
    .clk_i, .rst_ni, .data_i(close_i), .data_o(close_late)
  );

  logic [15:0] address_q, wrapped_q, next_q;
  logic [ColumnBits-1:0] first_q;
  logic [1:0] set_q;
  logic [OffsetBits-1:0] offset_q;
  logic [Pixels-1:0] slot_valid_q, slot_straddle_q;
  logic [Pixels*ColumnBits-1:0] slot_column_q;
  always_ff @(posedge clk_i) begin
    if (close_late) begin
      {address_q, wrapped_q, next_q, first_q, set_q, offset_q, slot_valid_q, slot_straddle_q, slot_column_q}
        <= position_late;
    end
  end

  // The chunk's slots.
  logic [RequantisePixels-1:0] valid, straddle;
  logic [RequantisePixels*ColumnBits-1:0] column;
  if (Chunks == 1) begin : gen_whole
    logic unused;
    assign unused = ^chunk_i;
    assign valid = slot_valid_q;
    assign straddle = slot_straddle_q;
    assign column = slot_column_q;
  end else begin : gen_chunk
    assign valid = slot_valid_q[32'(chunk_i)*RequantisePixels +: RequantisePixels];
    assign straddle = slot_straddle_q[32'(chunk_i)*RequantisePixels +: RequantisePixels];
    assign column = slot_column_q[32'(chunk_i)*RequantisePixels*ColumnBits +: RequantisePixels*ColumnBits];
  end

  // Columns to the left of the first slot's belong to the next bank group.
  logic [Pixels-1:0] below;
  assign below = ~({Pixels{1'b1}} << first_q);

  for (genvar r = 0; r < 2; r++) begin : gen_row
    for (genvar c = 0; c < Pixels; c++) begin : gen_column
      logic hit;
      logic [LaneBits-1:0] codes, codes_q;
      always_comb begin
        hit = 1'b0;
        codes = '0;
        for (int unsigned q = 0; q < RequantisePixels; q++) begin
          if (valid[q] && straddle[q] == (r == 1) && (Pixels == 1 || column[q*ColumnBits +: ColumnBits] == ColumnBits'(c))) begin
            hit = 1'b1;
            codes = codes | codes_i[q*LaneBits +: LaneBits];
          end
        end
      end
      always_ff @(posedge clk_i) begin
        write_o[r*Pixels+c] <= hit && valid_i;
        codes_q <= codes;
        if (r == 1) address_o[(r*Pixels+c)*16 +: 16] <= next_q;
        else address_o[(r*Pixels+c)*16 +: 16] <= below[c] ? wrapped_q : address_q;
      end
      assign data_o[(r*Pixels+c)*WordBits +: WordBits] = {(Inputs / Lanes) {codes_q}};
    end
  end

  always_ff @(posedge clk_i) begin
    if (!rst_ni) busy_o <= 1'b0;
    else busy_o <= valid_i;
    set_o <= set_q;
    for (int unsigned b = 0; b < Inputs; b++)
      bytes_o[b] <= RatioBits == 0 || 32'(offset_q) == b / Lanes;
  end
endmodule
