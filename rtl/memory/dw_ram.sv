// SPDX-License-Identifier: Apache-2.0
//
// A memory with one read and one write port and write enables for parts of a word. A word read in cycle t is at
// read_data_o in t + 2 (output register) and stays until the next read. Reading a word in the cycle of its write gives
// an undefined word.
module dw_ram #(
  parameter int unsigned Width = 0,     // bits
  parameter int unsigned Depth = 0,     // words
  parameter int unsigned Parts = 1      // write enables; Width is a multiple of it
) (
  input  logic             clk_i,
  input  logic             read_i,
  input  logic [15:0]      read_address_i,
  output logic [Width-1:0] read_data_o,
  input  logic [Parts-1:0] write_i,
  input  logic [15:0]      write_address_i,
  input  logic [Width-1:0] write_data_i
);
  localparam int unsigned AddressBits = Depth == 1 ? 1 : $clog2(Depth);
  localparam int unsigned PartBits = Width / Parts;

  // yosys (0.23 to 0.55) writes wrong ninth bits in block RAM of 512 words of 72 bits. Memories that would use them are
  // kept away from that shape: shallow ones in slices of 32 bits, deeper ones with a power of two of rows.
  localparam int unsigned SliceBits = Parts == 1 && Depth <= 512 && Width > 32 && Width % 32 == 0 ? 32 : Width;
  localparam int unsigned Rows = Parts == 1 ? 2 ** AddressBits : Depth;

  logic [AddressBits-1:0] read_address, write_address;
  logic unused;

  assign read_address = read_address_i[AddressBits-1:0];
  assign write_address = write_address_i[AddressBits-1:0];
  assign unused = ^{read_address_i, write_address_i};

  for (genvar slice = 0; slice < Width / SliceBits; slice++) begin : gen_slice
    logic [SliceBits-1:0] words [Rows] /*verilator public_flat_rw*/;
    logic [SliceBits-1:0] read_q;

    always_ff @(posedge clk_i) begin
      if (read_i) read_q <= words[read_address];
      read_data_o[slice*SliceBits +: SliceBits] <= read_q;
    end
    if (SliceBits == Width) begin : gen_parts
      for (genvar part = 0; part < Parts; part++) begin : gen_write
        always_ff @(posedge clk_i)
          if (write_i[part]) words[write_address][part*PartBits +: PartBits] <= write_data_i[part*PartBits +: PartBits];
      end
    end else begin : gen_slice_write
      always_ff @(posedge clk_i) if (write_i) words[write_address] <= write_data_i[slice*SliceBits +: SliceBits];
    end
  end
endmodule
