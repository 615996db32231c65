// SPDX-License-Identifier: Apache-2.0
//
// Stands in for the compute unit in tests of the rest: its memories alone, always free; instructions are taken and dropped.
module dw_compute #(
  parameter int unsigned Pixels = 0,
  parameter int unsigned Lanes = 0,
  parameter int unsigned Inputs = 0,
  parameter int unsigned ActivationDepth = 0,
  parameter int unsigned WeightDepth = 0,
  parameter int unsigned ParameterDepth = 0,
  parameter int unsigned SegmentDepth = 0,
  parameter int unsigned MultiplierBits = 16,
  parameter int unsigned RequantisePixels = 0,
  parameter int unsigned ResidualPixels = 0,
  parameter bit          NarrowDsp = 1'b0,
  parameter bit          Tables = 1'b1,
  parameter int unsigned AxiBytes = 0,
  parameter int unsigned HaloGroups = 1,
  parameter int unsigned WindowSteps = 1,
  parameter int unsigned KernelSteps = 1,
  parameter int unsigned TapMaps = 1,
  parameter bit [WindowSteps*4-1:0] StepRows = '0,
  parameter bit [WindowSteps*8-1:0] StepMaps = '0,
  parameter bit [WindowSteps-1:0] StepOwnBlocks = '0,
  parameter bit [TapMaps*Inputs*16-1:0] Taps = '0,
  localparam int unsigned GroupBits = Pixels * Inputs * 8,
  localparam int unsigned ParameterBytes = MultiplierBits == 16 ? 8 : 16,
  localparam int unsigned WeightBits = Lanes * Inputs * 8,
  localparam int unsigned ParameterBits = Lanes * ParameterBytes * 8
) (
  input  logic                     clk_i,
  input  logic                     rst_ni,
  input  logic                     clear_i,
  input  logic [2:0]               level_i,
  input  logic                     instruction_valid_i,
  output logic                     instruction_ready_o,
  input  logic [255:0]             instruction_i,
  input  logic [15:0]              load_retired_i,
  input  logic [15:0]              store_retired_i,
  output logic [15:0]              retired_o,
  output logic                     busy_o,
  output logic                     error_valid_o,
  output logic [7:0]               error_code_o,
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
  input  logic [9:0]               table_write_address_i,
  input  logic [AxiBytes*8-1:0]    table_write_data_i,
  input  logic                     activation_write_valid_i,
  output logic                     activation_write_ready_o,
  input  logic [1:0]               activation_write_set_i,
  input  logic [15:0]              activation_write_address_i,
  input  logic [GroupBits-1:0]     activation_write_data_i,
  output logic [3:0]               activation_read_free_o,
  input  logic                     activation_read_request_i,
  input  logic [1:0]               activation_read_set_i,
  input  logic [15:0]              activation_read_address_i,
  output logic                     activation_read_valid_o,
  output logic [GroupBits-1:0]     activation_read_data_o,
  output logic [47:0]              active_multiplies_o,
  output logic [47:0]              gated_multiplies_o
);
  logic [WeightBits-1:0]    weights [WeightDepth] /*verilator public_flat_rw*/;
  logic [ParameterBits-1:0] parameters [ParameterDepth] /*verilator public_flat_rw*/;
  logic [AxiBytes*8-1:0]    tables [1024/AxiBytes] /*verilator public_flat_rw*/;
  logic [GroupBits-1:0]     activations [4*ActivationDepth] /*verilator public_flat_rw*/;
  logic [GroupBits-1:0]     read_q;
  logic [1:0]               valid_q;

  assign instruction_ready_o      = 1'b1;
  assign retired_o                = '0;
  assign busy_o                   = 1'b0;
  assign error_valid_o            = 1'b0;
  assign error_code_o             = '0;
  assign trace_first_o            = 1'b0;
  assign trace_last_o             = 1'b0;
  assign trace_retired_o          = 1'b0;
  assign activation_write_ready_o = 1'b1;
  assign activation_read_free_o   = 4'hf;
  assign activation_read_valid_o  = valid_q[1];
  // Memories that nobody reads would be optimised away.
  assign active_multiplies_o = {47'd0, ^weights[0]};
  assign gated_multiplies_o  = {46'd0, ^parameters[0], ^tables[0]};

  always_ff @(posedge clk_i) begin
    if (weight_write_valid_i) weights[weight_write_address_i[$clog2(WeightDepth)-1:0]] <= weight_write_data_i;
    if (parameter_write_valid_i)
      parameters[parameter_write_address_i[$clog2(ParameterDepth)-1:0]] <= parameter_write_data_i;
    if (table_write_valid_i) tables[table_write_address_i/10'(AxiBytes)] <= table_write_data_i;
    if (activation_write_valid_i)
      activations[32'(activation_write_set_i)*ActivationDepth+32'(activation_write_address_i)] <= activation_write_data_i;
    read_q                 <= activations[32'(activation_read_set_i)*ActivationDepth+32'(activation_read_address_i)];
    activation_read_data_o <= read_q;
    valid_q                <= rst_ni ? {valid_q[0], activation_read_request_i} : 2'b00;
  end
endmodule
