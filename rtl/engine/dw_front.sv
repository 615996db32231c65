// SPDX-License-Identifier: Apache-2.0
//
// Front end of the compute unit: executes SET, holds the next COMPUTE with its descriptor and starts it.
//
// SET takes one cycle and may follow a COMPUTE that has not started: its descriptor is read when it is taken. A COMPUTE
// taken in cycle t starts, at the earliest, with start_o in t + SETUP_CYCLES; it waits until the sequencer is free and
// the counts that it names have retired. Illegal instructions raise error_o and are held.
module dw_front #(
  parameter int unsigned Pixels = 0,
  parameter int unsigned Lanes = 0,
  parameter int unsigned Inputs = 0
) (
  input  logic                          clk_i,
  input  logic                          rst_ni,
  input  logic                          clear_i,
  input  logic [2:0]                    level_i,
  input  logic                          instruction_valid_i,
  output logic                          instruction_ready_o,
  input  logic [255:0]                  instruction_i,
  input  logic [15:0]                   load_retired_i,
  input  logic [15:0]                   compute_retired_i,
  input  logic [15:0]                   store_retired_i,
  input  logic                          free_i,       // of the sequencer
  input  logic                          hold_i,       // nothing more starts
  output logic                          start_o,
  output logic                          held_o,       // a COMPUTE waits to start
  output logic [dw_pkg::STAGE_BITS-1:0] stage_o,
  output dw_engine_pkg::work_t          work_o,
  output dw_engine_pkg::rows_t          rows_o,
  output logic [13:0]                   top_o,
  output logic                          error_o,
  output logic [3:0]                    error_code_o
);
  localparam int unsigned PayloadBits = dw_pkg::SET_PAYLOAD_BITS;

  logic [3:0] opcode;
  logic set, compute, take_set, take_compute;
  logic [1:0] part;
  logic [2:0] set_slot, slot;
  assign opcode = instruction_i[3:0];
  assign set = opcode == dw_pkg::OPCODE_SET;
  assign compute = opcode == dw_pkg::OPCODE_COMPUTE;
  assign set_slot = instruction_i[dw_pkg::SET_SLOT_LSB +: 3];
  assign part = instruction_i[dw_pkg::SET_PART_LSB +: 2];
  assign slot = instruction_i[dw_pkg::COMPUTE_SLOT_LSB +: 3];

  logic empty_compute, bad;
  assign empty_compute = instruction_i[dw_pkg::COMPUTE_ROWS_LSB +: 10] == '0
                      || instruction_i[dw_pkg::COMPUTE_BLOCKS_LSB +: 10] == '0;
  assign bad = set ? part == 2'd3 : compute ? empty_compute : 1'b1;

  // Descriptors.
  (* ram_style = "distributed" *) logic [PayloadBits-1:0] part0 [dw_pkg::STAGE_SLOTS];
  (* ram_style = "distributed" *) logic [PayloadBits-1:0] part1 [dw_pkg::STAGE_SLOTS];
  (* ram_style = "distributed" *) logic [PayloadBits-1:0] part2 [dw_pkg::STAGE_SLOTS];
  logic [3*PayloadBits-1:0] descriptor;
  assign descriptor = {part2[slot], part1[slot], part0[slot]};
  always_ff @(posedge clk_i) begin
    if (take_set && part == 2'd0) part0[set_slot] <= instruction_i[dw_pkg::SET_PAYLOAD_LSB +: PayloadBits];
    if (take_set && part == 2'd1) part1[set_slot] <= instruction_i[dw_pkg::SET_PAYLOAD_LSB +: PayloadBits];
    if (take_set && part == 2'd2) part2[set_slot] <= instruction_i[dw_pkg::SET_PAYLOAD_LSB +: PayloadBits];
  end

  // The next COMPUTE.
  logic next_valid_q, fresh_q, ready_q, error_q;
  logic [3:0] error_code_q;
  logic [4:0] count_q;
  logic [dw_pkg::STAGE_BITS-1:0] stage_q;
  logic [255:0] next_q;
  logic [15:0] load_lead, compute_lead, store_lead;
  logic waits_met;
  assign take_set = instruction_valid_i && !error_q && !bad && set;
  assign take_compute = instruction_valid_i && !error_q && !bad && compute && !next_valid_q;
  assign instruction_ready_o = !error_q && !bad && (set || !next_valid_q);
  assign load_lead = load_retired_i - next_q[dw_pkg::COMPUTE_WAIT_LOAD_LSB +: 16];
  assign compute_lead = compute_retired_i - next_q[dw_pkg::COMPUTE_WAIT_COMPUTE_LSB +: 16];
  assign store_lead = store_retired_i - next_q[dw_pkg::COMPUTE_WAIT_STORE_LSB +: 16];
  assign waits_met = !load_lead[15] && !compute_lead[15] && !store_lead[15];
  assign start_o = ready_q && free_i && !hold_i && waits_met;

  always_ff @(posedge clk_i) begin
    if (!rst_ni || clear_i) begin
      next_valid_q <= 1'b0;
      fresh_q <= 1'b0;
      ready_q <= 1'b0;
      error_q <= 1'b0;
      error_code_q <= dw_pkg::ERROR_NONE;
    end else begin
      fresh_q <= take_compute;
      if (take_compute) next_valid_q <= 1'b1;
      else if (start_o) next_valid_q <= 1'b0;
      // The cycle after the one in which the count reaches its end is the earliest start.
      if (take_compute || start_o) ready_q <= 1'b0;
      else if (count_q == 5'(dw_pkg::SETUP_CYCLES - 2)) ready_q <= next_valid_q;
      if (instruction_valid_i && bad && !error_q) begin
        error_q <= 1'b1;
        error_code_q <= set || compute ? dw_pkg::ERROR_BAD_STAGE : dw_pkg::ERROR_ILLEGAL_OPCODE;
      end
    end
    if (take_compute) begin
      count_q <= '0;
      stage_q <= descriptor[dw_pkg::STAGE_BITS-1:0];
      next_q <= instruction_i;
    end else if (count_q != '1) count_q <= count_q + 5'd1;
  end

  assign held_o = next_valid_q;
  assign stage_o = stage_q;
  assign error_o = error_q;
  assign error_code_o = error_code_q;

  dw_setup #(.Pixels(Pixels), .Lanes(Lanes), .Inputs(Inputs)) u_setup (
    .clk_i,
    .rst_ni,
    .start_i      (fresh_q),
    .level_i,
    .stage_i      (stage_q),
    .instruction_i(next_q),
    .work_o,
    .rows_o,
    .top_o
  );

`ifndef SYNTHESIS
  always_ff @(posedge clk_i) if (rst_ni) assert (next_valid_q || !ready_q);
`endif

  logic unused;
  assign unused = ^{descriptor, load_lead, compute_lead, store_lead};
endmodule
