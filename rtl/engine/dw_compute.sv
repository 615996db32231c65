// SPDX-License-Identifier: Apache-2.0
//
// The compute unit: on-chip memories and everything that reads, computes and writes back a COMPUTE.
//
// Instructions: SET writes a stage descriptor, COMPUTE runs one; anything else stops the unit with an error code.
// Load unit: one whole word a cycle into the weight, parameter and table memories, never stalled; activation words wait
// while activation_write_ready_o is low (the engine writes). Store unit: a word of a row set whose bit of
// activation_read_free_o is high is taken in the cycle of the request and delivered, with activation_read_valid_o,
// two cycles later (so it can stand in a register of the store unit after three).
// clear_i (one cycle, unit idle or in error) starts a frame: clears the count, the counters and the error.
module dw_compute #(
  parameter int unsigned Pixels = 0,            // P, power of two
  parameter int unsigned Lanes = 0,             // M, power of two, at most Inputs
  parameter int unsigned Inputs = 0,            // N, power of two
  parameter int unsigned ActivationDepth = 0,
  parameter int unsigned WeightDepth = 0,
  parameter int unsigned ParameterDepth = 0,
  parameter int unsigned MultiplierBits = 16,   // 16 or 31
  parameter int unsigned RequantisePixels = 0,  // power of two, at most Pixels
  parameter bit          Tables = 1'b1,
  parameter int unsigned AxiBytes = 0,          // bytes of a table write
  // Window kernels, from packWindowTables() in src/generate/window-tables.ts.
  parameter int unsigned HaloGroups = 1,
  parameter int unsigned WindowSteps = 1,       // entries of the step tables
  parameter int unsigned TapMaps = 1,
  parameter bit [WindowSteps*4-1:0] StepRows = '0,            // first kernel row of step s
  parameter bit [WindowSteps*8-1:0] StepMaps = '0,            // tap map of step s
  parameter bit [WindowSteps-1:0] StepOwnBlocks = '0,         // 1: the lane's own channel block, 0: block 0
  parameter bit [TapMaps*Inputs*16-1:0] Taps = '0,            // one multiplier's view: see dw_operand_router
  localparam int unsigned GroupBits = Pixels * Inputs * 8,
  localparam int unsigned ParameterBytes = MultiplierBits == 16 ? 8 : 16,
  localparam int unsigned WeightBits = Lanes * Inputs * 8,
  localparam int unsigned ParameterBits = Lanes * ParameterBytes * 8
) (
  input  logic                     clk_i,
  input  logic                     rst_ni,
  input  logic                     clear_i,
  input  logic [2:0]               level_i,                   // pruning level, constant while busy_o

  input  logic                     instruction_valid_i,
  output logic                     instruction_ready_o,
  input  logic [255:0]             instruction_i,

  input  logic [15:0]              load_retired_i,
  input  logic [15:0]              store_retired_i,
  output logic [15:0]              retired_o,                 // COMPUTEs retired, modulo 2^16
  output logic                     busy_o,                    // a COMPUTE is held or under way
  output logic                     error_valid_o,             // stays until clear_i
  output logic [7:0]               error_code_o,

  // For co-simulation: the cycle of a COMPUTE's first and last step, the cycle in which its count becomes visible.
  output logic                     trace_first_o,
  output logic                     trace_last_o,
  output logic                     trace_retired_o,

  input  logic                     weight_write_valid_i,
  input  logic [15:0]              weight_write_address_i,
  input  logic [WeightBits-1:0]    weight_write_data_i,
  input  logic                     parameter_write_valid_i,
  input  logic [15:0]              parameter_write_address_i,
  input  logic [ParameterBits-1:0] parameter_write_data_i,
  input  logic                     table_write_valid_i,
  input  logic [9:0]               table_write_address_i,     // first byte, a multiple of AxiBytes
  input  logic [AxiBytes*8-1:0]    table_write_data_i,

  input  logic                     activation_write_valid_i,
  output logic                     activation_write_ready_o,
  input  logic [1:0]               activation_write_set_i,
  input  logic [15:0]              activation_write_address_i,
  input  logic [GroupBits-1:0]     activation_write_data_i,

  output logic [3:0]               activation_read_free_o,
  input  logic                     activation_read_request_i, // only for a set that is free
  input  logic [1:0]               activation_read_set_i,
  input  logic [15:0]              activation_read_address_i,
  output logic                     activation_read_valid_o,
  output logic [GroupBits-1:0]     activation_read_data_o,

  output logic [47:0]              active_multiplies_o,       // multiplications whose operands moved on
  output logic [47:0]              gated_multiplies_o         // multiplications whose operands were held by pruning
);
endmodule
