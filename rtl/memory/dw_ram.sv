// SPDX-License-Identifier: Apache-2.0
//
// A memory with one read and one write port and write enables for parts of a word. A word read in cycle t is at
// read_data_o in t + 2 (output register) and stays until the next read. Reading a word in the cycle of its write gives
// an undefined word.
//
// Deep memories are cut into segments of SegmentDepth words: an access enables one of them, the others rest, since a
// block RAM takes power in the cycles in which it is enabled.
module dw_ram #(
  parameter int unsigned Width = 0,         // bits
  parameter int unsigned Depth = 0,         // words
  parameter int unsigned SegmentDepth = 0,  // words, a power of two
  parameter int unsigned Parts = 1          // write enables; Width is a multiple of it
) (
  input  logic             clk_i,
  input  logic             read_i,
  input  logic [15:0]      read_address_i,
  output logic [Width-1:0] read_data_o,
  input  logic [Parts-1:0] write_i,
  input  logic [15:0]      write_address_i,
  input  logic [Width-1:0] write_data_i
);
  localparam int unsigned PartBits = Width / Parts;
  localparam int unsigned Segments = (Depth + SegmentDepth - 1) / SegmentDepth;
  localparam int unsigned SegmentBits = Segments == 1 ? 1 : $clog2(Segments);
  localparam int unsigned Words = Segments == 1 ? Depth : SegmentDepth;
  localparam int unsigned AddressBits = Words == 1 ? 1 : $clog2(Words);

  // yosys (0.23 to 0.55) writes wrong ninth bits in block RAM of 512 words of 72 bits. Memories that would use them are
  // kept away from that shape: shallow ones in slices of 32 bits, deeper ones with a power of two of rows.
  localparam int unsigned SliceBits = Parts == 1 && Words <= 512 && Width > 32 && Width % 32 == 0 ? 32 : Width;
  localparam int unsigned Rows = Parts == 1 ? 2 ** AddressBits : Words;

  logic [AddressBits-1:0] read_address, write_address;
  logic [SegmentBits-1:0] read_segment, write_segment;
  logic [Segments*Width-1:0] read;
  logic unused;

  assign read_address = read_address_i[AddressBits-1:0];
  assign write_address = write_address_i[AddressBits-1:0];
  assign unused = ^{read_address_i, write_address_i};

  if (Segments == 1) begin : gen_whole
    assign read_segment = '0;
    assign write_segment = '0;
    always_ff @(posedge clk_i) read_data_o <= read;
  end else begin : gen_select
    logic [SegmentBits-1:0] read_segment_q;
    logic [Width-1:0] chosen;
    assign read_segment = read_address_i[AddressBits +: SegmentBits];
    assign write_segment = write_address_i[AddressBits +: SegmentBits];
    always_comb begin
      chosen = read[0 +: Width];
      for (int unsigned s = 1; s < Segments; s++)
        if (read_segment_q == SegmentBits'(s)) chosen = read[s*Width +: Width];
    end
    always_ff @(posedge clk_i) begin
      if (read_i) read_segment_q <= read_segment;
      read_data_o <= chosen;
    end
  end

  for (genvar segment = 0; segment < Segments; segment++) begin : gen_segment
    logic read_here;
    logic [Parts-1:0] write_here;
    assign read_here = read_i && read_segment == SegmentBits'(segment);
    assign write_here = write_segment == SegmentBits'(segment) ? write_i : '0;

    for (genvar slice = 0; slice < Width / SliceBits; slice++) begin : gen_slice
      logic [SliceBits-1:0] words [Rows] /*verilator public_flat_rw*/;

      always_ff @(posedge clk_i)
        if (read_here) read[segment*Width + slice*SliceBits +: SliceBits] <= words[read_address];
      if (SliceBits == Width) begin : gen_parts
        for (genvar part = 0; part < Parts; part++) begin : gen_write
          always_ff @(posedge clk_i)
            if (write_here[part])
              words[write_address][part*PartBits +: PartBits] <= write_data_i[part*PartBits +: PartBits];
        end
      end else begin : gen_slice_write
        always_ff @(posedge clk_i)
          if (write_here) words[write_address] <= write_data_i[slice*SliceBits +: SliceBits];
      end
    end
  end
endmodule
