// SPDX-License-Identifier: Apache-2.0
//
// Starts, ends and stops frames.
//
// A start is followed by one cycle of clear_o, then run_o until done_i; the first cycle of run_o is cycle 0 of the frame,
// and cycles_o the number of the present one. The first error ends run_o; stop_o holds until the bus is idle. Then the
// machine is ready for another start.
module dw_control (
  input  logic        clk_i,
  input  logic        rst_ni,

  input  logic        start_i,
  input  logic        stop_command_i,
  input  logic        misaligned_i,        // the program's address
  input  logic        done_i,
  input  logic        bus_idle_i,

  // Errors: held until clear_o or pulses; the lowest code of the first cycle is kept.
  input  logic        dispatch_error_i,
  input  logic [3:0]  dispatch_code_i,
  input  logic        read_slave_error_i,
  input  logic        read_decode_error_i,
  input  logic        read_owner_i,        // 0 fetch, 1 load
  input  logic        load_address_error_i,
  input  logic        store_address_error_i,
  input  logic        write_slave_error_i,
  input  logic        write_decode_error_i,
  input  logic        compute_error_i,
  input  logic [3:0]  compute_code_i,

  input  logic [31:0] dispatch_index_i,
  input  logic [15:0] load_retired_i,
  input  logic [15:0] compute_retired_i,
  input  logic [15:0] store_retired_i,

  output logic        clear_o,
  output logic        run_o,
  output logic        stop_o,
  output logic        busy_o,
  output logic        done_o,              // the last frame reached its end
  output logic        error_o,             // the last frame was stopped
  output logic        finished_o,          // pulse with done_o's rise
  output logic        failed_o,            // pulse with error_o's rise
  output logic [3:0]  code_o,
  output logic [2:0]  unit_o,
  output logic [31:0] index_o,
  output logic [dw_pkg::COUNTER_BITS-1:0] cycles_o
);
  typedef enum logic [1:0] {
    Idle,
    Clear,
    Run,
    Stop
  } state_e;

  state_e      state_d, state_q;
  logic        run_q, done_q, error_q, fault;  // run_q: state_q is Run
  logic [3:0]  code, code_q;
  logic [2:0]  unit, unit_q;
  logic [31:0] index, index_q;
  logic [dw_pkg::COUNTER_BITS-1:0] cycles_q;

  always_comb begin
    fault = 1'b1;
    code  = dw_pkg::ERROR_NONE;
    unit  = dw_pkg::UNIT_CONTROL;
    if (dispatch_error_i) begin
      code = dispatch_code_i;
      unit = dw_pkg::UNIT_DISPATCH;
    end else if (misaligned_i) begin
      code = dw_pkg::ERROR_ADDRESS_RANGE;
      unit = dw_pkg::UNIT_FETCH;
    end else if (load_address_error_i) begin
      code = dw_pkg::ERROR_ADDRESS_RANGE;
      unit = dw_pkg::UNIT_LOAD;
    end else if (store_address_error_i) begin
      code = dw_pkg::ERROR_ADDRESS_RANGE;
      unit = dw_pkg::UNIT_STORE;
    end else if (read_slave_error_i || read_decode_error_i) begin
      code = read_slave_error_i ? dw_pkg::ERROR_READ_SLAVE_ERROR : dw_pkg::ERROR_READ_DECODE_ERROR;
      unit = read_owner_i ? dw_pkg::UNIT_LOAD : dw_pkg::UNIT_FETCH;
    end else if (write_slave_error_i || write_decode_error_i) begin
      code = write_slave_error_i ? dw_pkg::ERROR_WRITE_SLAVE_ERROR : dw_pkg::ERROR_WRITE_DECODE_ERROR;
      unit = dw_pkg::UNIT_STORE;
    end else if (compute_error_i) begin
      code = compute_code_i;
      unit = dw_pkg::UNIT_COMPUTE;
    end else if (start_i) begin
      code = dw_pkg::ERROR_START_WHILE_BUSY;
    end else if (stop_command_i) begin
      code = dw_pkg::ERROR_STOPPED;
    end else begin
      fault = 1'b0;
    end
  end

  always_comb begin
    unique case (unit)
      dw_pkg::UNIT_LOAD:    index = {16'd0, load_retired_i};
      dw_pkg::UNIT_COMPUTE: index = {16'd0, compute_retired_i};
      dw_pkg::UNIT_STORE:   index = {16'd0, store_retired_i};
      default:              index = dispatch_index_i;
    endcase
  end

  always_comb begin
    state_d = state_q;
    unique case (state_q)
      Idle:    if (start_i) state_d = Clear;
      Clear:   state_d = Run;
      Run:
      if (fault) state_d = Stop;
      else if (done_i) state_d = Idle;
      Stop:    if (bus_idle_i) state_d = Idle;
      default: state_d = Idle;
    endcase
  end

  always_ff @(posedge clk_i) begin
    if (!rst_ni) begin
      state_q  <= Idle;
      run_q    <= 1'b0;
      done_q   <= 1'b0;
      error_q  <= 1'b0;
      code_q   <= dw_pkg::ERROR_NONE;
      unit_q   <= dw_pkg::UNIT_CONTROL;
      index_q  <= '0;
      cycles_q <= '0;
    end else begin
      state_q <= state_d;
      run_q   <= state_d == Run;
      if (state_q == Clear) begin
        done_q   <= 1'b0;
        error_q  <= 1'b0;
        code_q   <= dw_pkg::ERROR_NONE;
        unit_q   <= dw_pkg::UNIT_CONTROL;
        index_q  <= '0;
        cycles_q <= '0;
      end
      if (run_q) begin
        if (fault) begin
          error_q <= 1'b1;
          code_q  <= code;
          unit_q  <= unit;
          index_q <= index;
        end else if (done_i) begin
          done_q <= 1'b1;
        end else begin
          cycles_q <= cycles_q + 1'b1;
        end
      end
    end
  end

  assign clear_o    = state_q == Clear;
  assign run_o      = run_q;
  assign stop_o     = state_q == Stop;
  assign busy_o     = state_q != Idle;
  assign done_o     = done_q;
  assign error_o    = error_q;
  assign finished_o = run_o & ~fault & done_i;
  assign failed_o   = run_o & fault;
  assign code_o     = code_q;
  assign unit_o     = unit_q;
  assign index_o    = index_q;
  assign cycles_o   = cycles_q;
endmodule
