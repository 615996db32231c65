// SPDX-License-Identifier: Apache-2.0
//
// Shares the AXI4 read channels between fetch (first) and load, with at most OUTSTANDING_READS bursts under way.
//
// Grants one burst a cycle; its address is on the bus a cycle later. Answers come in the order of the grants.
// stop_i (held): nothing more is granted, beats are thrown away, idle_o rises after the last one.
module dw_read_arbiter (
  input  logic                                  clk_i,
  input  logic                                  rst_ni,
  input  logic                                  run_i,
  input  logic                                  stop_i,
  input  logic [dw_pkg::AXI_ADDRESS_BITS-1:12]  base_i,

  input  logic                                  fetch_valid_i,
  output logic                                  fetch_ready_o,
  input  logic [31:0]                           fetch_address_i,
  input  logic [8:0]                            fetch_beats_i,
  output logic                                  fetch_beat_valid_o,
  input  logic                                  fetch_beat_ready_i,

  input  logic                                  load_valid_i,
  output logic                                  load_ready_o,
  input  logic [31:0]                           load_address_i,
  input  logic [6:0]                            load_beats_i,
  output logic                                  load_beat_valid_o,
  input  logic                                  load_beat_ready_i,

  output logic                                  arvalid_o,
  input  logic                                  arready_i,
  output logic [dw_pkg::AXI_ADDRESS_BITS-1:0]   araddr_o,
  output logic [7:0]                            arlen_o,
  input  logic                                  rvalid_i,
  output logic                                  rready_o,
  input  logic [1:0]                            rresp_i,
  input  logic                                  rlast_i,

  output logic                                  idle_o,
  output logic                                  owner_o,        // of the beat: 0 fetch, 1 load
  output logic                                  slave_error_o,
  output logic                                  decode_error_o
);
  localparam int unsigned Most = dw_pkg::OUTSTANDING_READS;

  logic            ar_ready, room, grant, grant_load, owner_valid, beat, beat_last;
  logic [3:0]      outstanding_q, after;
  logic [Most-1:0] owners_q, owners_d; // of the bursts under way, the oldest in bit 0
  logic [31:0]     address;
  logic [8:0]      beats;

  assign room          = run_i & ar_ready & (outstanding_q != 4'(Most));
  assign fetch_ready_o = room;
  assign load_ready_o  = room & ~fetch_valid_i;
  assign grant         = room & (fetch_valid_i | load_valid_i);
  assign grant_load    = ~fetch_valid_i;
  assign address       = fetch_valid_i ? fetch_address_i : load_address_i;
  assign beats         = fetch_valid_i ? fetch_beats_i : {2'd0, load_beats_i};

  dw_slice #(.Width(dw_pkg::AXI_ADDRESS_BITS + 8)) u_ar (
    .clk_i,
    .rst_ni,
    .valid_i(grant),
    .ready_o(ar_ready),
    .data_i ({base_i + {8'd0, address[31:12]}, address[11:0], 8'(beats - 9'd1)}),
    .valid_o(arvalid_o),
    .ready_i(arready_i),
    .data_o ({araddr_o, arlen_o})
  );

  // A new burst comes behind those that are left after this cycle.
  assign after = outstanding_q - {3'd0, beat_last};
  always_comb begin
    owners_d = beat_last ? {1'b0, owners_q[Most-1:1]} : owners_q;
    for (int unsigned at = 0; at < Most; at++) begin
      if (grant && after == 4'(at)) owners_d[at] = grant_load;
    end
  end
  assign owner_valid = outstanding_q != '0;
  assign owner_o     = owners_q[0];

  assign fetch_beat_valid_o = rvalid_i & owner_valid & ~owner_o & ~stop_i;
  assign load_beat_valid_o  = rvalid_i & owner_valid & owner_o & ~stop_i;
  assign rready_o           = owner_valid & (stop_i | (owner_o ? load_beat_ready_i : fetch_beat_ready_i));
  assign beat               = rvalid_i & rready_o;
  assign beat_last          = beat & rlast_i;
  assign slave_error_o      = beat & (rresp_i == 2'd2);
  assign decode_error_o     = beat & (rresp_i == 2'd3);
  assign idle_o             = outstanding_q == '0;

  always_ff @(posedge clk_i) begin
    if (!rst_ni) outstanding_q <= '0;
    else outstanding_q <= after + {3'd0, grant};
    owners_q <= owners_d;
  end

`ifndef SYNTHESIS
  always_ff @(posedge clk_i) begin
    if (rst_ni) begin
      assert (outstanding_q <= 4'(Most));
      assert (!(fetch_beat_valid_o && load_beat_valid_o));
      assert (!(fetch_valid_i && fetch_ready_o && load_valid_i && load_ready_o));
      assert (!idle_o || !rready_o);
    end
  end
`endif
`ifdef FORMAL
  // The owner of a burst is what was granted: the oldest grants of fetch and load, kept beside.
  logic [3:0] position_q;  // of one burst of load among those under way, 0: none is watched
  logic       watch;
  assign watch = grant & grant_load & (position_q == '0);
  always_ff @(posedge clk_i) begin
    if (!rst_ni) position_q <= '0;
    else if (watch) position_q <= after + 4'd1;
    else if (position_q != '0 && beat_last) position_q <= position_q - 4'd1;
    if (rst_ni) begin
      assume (!rvalid_i || outstanding_q != '0);
      assert (position_q <= outstanding_q);
      assert (position_q == '0 || owners_q[position_q[2:0]-3'd1]);
      if (position_q == 4'd1) assert (owner_o);
    end
  end
`endif
endmodule
