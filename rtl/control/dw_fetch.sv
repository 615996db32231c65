// SPDX-License-Identifier: Apache-2.0
//
// Instruction fetch: reads the program in bursts of FETCH_BURST instructions and hands them on one a cycle.
//
// A burst is asked for where FETCH_DEPTH has room for all of it. Narrow beats are gathered into an instruction, wide ones
// hand on one instruction a cycle. An instruction whose last beat comes in cycle t is at the output in t + 2.
module dw_fetch #(
  parameter int unsigned AxiBytes = 0
) (
  input  logic                  clk_i,
  input  logic                  rst_ni,
  input  logic                  clear_i,       // takes offset and count of the next frame
  input  logic [31:0]           offset_i,      // bytes, a multiple of a burst
  input  logic [31:0]           count_i,

  output logic                  burst_valid_o,
  input  logic                  burst_ready_i,
  output logic [31:0]           burst_address_o,
  output logic [8:0]            burst_beats_o,

  input  logic                  beat_valid_i,
  output logic                  beat_ready_o,
  input  logic [AxiBytes*8-1:0] beat_data_i,

  output logic                  valid_o,
  input  logic                  ready_i,
  output logic [255:0]          instruction_o
);
  localparam int unsigned Burst = dw_pkg::FETCH_BURST;
  localparam int unsigned Depth = dw_pkg::FETCH_DEPTH;
  localparam int unsigned RoomBits = $clog2(Depth + 1);
  localparam int unsigned Bytes = dw_pkg::INSTRUCTION_BYTES;
  localparam int unsigned Many = AxiBytes >= Bytes ? AxiBytes / Bytes : 1; // instructions a beat
  localparam int unsigned Parts = AxiBytes >= Bytes ? 1 : Bytes / AxiBytes; // beats an instruction

  // ---- requests
  logic [31:0]         left_q, address_q;
  logic [RoomBits-1:0] reserved_q;
  logic                more_q, whole_q;    // left_q is not 0, and a whole burst or more
  logic                taken, pop;
  logic [3:0]          burst_count;
  logic [RoomBits-1:0] burst_room, reserved, reserved_less, next_reserved;

  assign burst_count     = whole_q ? 4'(Burst) : left_q[3:0];
  assign burst_room      = RoomBits'(burst_count);
  assign burst_valid_o   = more_q & (reserved_q <= RoomBits'(Depth - Burst));
  assign burst_address_o = address_q;
  assign burst_beats_o   = 9'((32'(burst_count) * Bytes + AxiBytes - 1) / AxiBytes);
  assign taken           = burst_valid_o & burst_ready_i;
  assign pop             = valid_o & ready_i;

  always_ff @(posedge clk_i) begin
    if (clear_i) begin
      left_q    <= count_i;
      more_q    <= count_i != '0;
      whole_q   <= count_i >= 32'(Burst);
      address_q <= offset_i;
    end else if (taken) begin
      left_q    <= whole_q ? left_q - 32'(Burst) : '0;
      more_q    <= left_q > 32'(Burst);
      whole_q   <= left_q >= 32'(2 * Burst);
      address_q <= address_q + 32'(Burst * Bytes);
    end
  end

  // pop comes late and picks one of two sums, bit by bit: as one word the sums would be shared behind it.
  assign reserved      = reserved_q + (taken ? burst_room : '0);
  assign reserved_less = reserved_q + (taken ? burst_room - 1'b1 : '1);
  for (genvar i = 0; i < RoomBits; i++) begin : g_reserved
    assign next_reserved[i] = (pop & reserved_less[i]) | (~pop & reserved[i]);
  end

  always_ff @(posedge clk_i) begin
    if (!rst_ni || clear_i) reserved_q <= '0;
    else reserved_q <= next_reserved;
  end

  // ---- data: `hold` instructions of the last beat still to hand on
  logic [31:0]            coming_q; // instructions that have not come
  logic [2:0]             hold_q;
  logic [Many*256-1:0]    data_q;
  logic                   take, complete, unused_ready;
  logic [2:0]             brought;

  assign beat_ready_o = hold_q <= 3'd1;
  assign take         = beat_valid_i & beat_ready_o;
  assign brought      = coming_q >= 32'(Many) ? 3'(Many) : coming_q[2:0];

  if (Parts > 1) begin : g_narrow
    localparam int unsigned PartBits = $clog2(Parts);
    logic [PartBits-1:0] part_q;
    assign complete = take & (part_q == '1);
    always_ff @(posedge clk_i) begin
      if (!rst_ni || clear_i) part_q <= '0;
      else if (take) part_q <= part_q + 1'b1;
      if (take) data_q <= {beat_data_i, data_q[255:AxiBytes*8]};
    end
  end else begin : g_wide
    assign complete = take;
    always_ff @(posedge clk_i) begin
      if (take) data_q <= beat_data_i;
      else data_q <= data_q >> 256;
    end
  end

  always_ff @(posedge clk_i) begin
    if (!rst_ni || clear_i) hold_q <= '0;
    else if (complete) hold_q <= brought;
    else if (hold_q != '0) hold_q <= hold_q - 3'd1;
    if (clear_i) coming_q <= count_i;
    else if (complete) coming_q <= coming_q - 32'(brought);
  end

  dw_fifo #(.Width(256), .Depth(Depth)) u_buffer (
    .clk_i,
    .rst_ni,
    .clear_i,
    .valid_i(hold_q != '0),
    .ready_o(unused_ready),
    .data_i (data_q[255:0]),
    .valid_o,
    .ready_i,
    .data_o (instruction_o)
  );

`ifndef SYNTHESIS
  always_ff @(posedge clk_i) begin
    if (rst_ni && !clear_i) assert (hold_q == '0 || unused_ready);
    if (rst_ni && !clear_i) assert (reserved_q <= RoomBits'(Depth));
  end
`endif
endmodule
