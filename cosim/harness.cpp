// Runs a Verilated design under commands from standard input, answering on standard output; all numbers little-endian.
// src/node/verilator-protocol.ts lists the commands. `ports.inc` is generated for each design.
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <string>
#include <unistd.h>
#include <vector>

#include "Vdesign.h"
#include "axi_memory.h"
#include "verilated.h"
#include "verilated_syms.h"
#ifdef WAVE
#include "verilated_vcd_c.h"
#endif

using cosim::AxiMemory;
using cosim::Port;

static std::vector<std::string> failures;
static uint64_t cycleCount = 0;

// Assertions and $stop end up here instead of ending the process.
void vl_stop(const char *file, int line, const char *) VL_MT_UNSAFE {
  failures.push_back(std::to_string(cycleCount) + "\t" + file + ":" + std::to_string(line));
}
void vl_finish(const char *file, int line, const char *hier) VL_MT_UNSAFE { vl_stop(file, line, hier); }
void vl_fatal(const char *file, int line, const char *hier, const char *) VL_MT_UNSAFE { vl_stop(file, line, hier); }

namespace {

struct Variable {
  uint8_t *data;
  uint32_t entry, rows, width;
};

// Records the values of some ports in every cycle in which a first one is not zero.
struct Watch {
  Port *strobe;
  std::vector<Port *> values;
  std::vector<uint8_t> log;
  uint32_t count = 0;

  void sample() {
    if (strobe->get() == 0) return;
    ++count;
    for (Port *port : values) log.insert(log.end(), port->data, port->data + port->bytes());
  }
};

// Counts the ones of a variable in every cycle, or the bits in which it differs from the cycle before.
struct Probe {
  const uint8_t *data;
  uint32_t bytes, sum;
  bool toggles;
  std::vector<uint8_t> before;

  uint64_t sample() {
    uint64_t count = 0;
    for (uint32_t at = 0; at < bytes;) {
      const uint32_t step = bytes - at >= 8 ? 8 : bytes - at >= 4 ? 4 : bytes - at >= 2 ? 2 : 1;
      uint64_t now = 0, old = 0;
      std::memcpy(&now, data + at, step);
      if (toggles) {
        std::memcpy(&old, &before[at], step);
        std::memcpy(&before[at], &now, step);
      }
      count += static_cast<uint64_t>(__builtin_popcountll(now ^ old));
      at += step;
    }
    return count;
  }
};

class Bench {
 public:
  Bench() : context_(new VerilatedContext) {
    context_->randReset(RANDOM_RESET);
#ifdef WAVE
    context_->traceEverOn(true);
#endif
    top_.reset(new Vdesign(context_.get()));
#define PORT(NAME, INPUT, WIDTH) ports_.push_back({#NAME, INPUT, WIDTH, reinterpret_cast<uint8_t *>(&top_->NAME)});
#include "ports.inc"
#undef PORT
    top_->CLOCK = 0;
    top_->eval();
  }
  ~Bench() {
    top_->final();
#ifdef WAVE
    wave_.close();
#endif
  }

  void settle() {
    if (!dirty_) return;
    top_->eval();
    dirty_ = false;
  }

  // The clock edge that ends a cycle. A wave has time 10 a cycle: inputs and what follows from them, then the edge at 5.
  void edge() {
    for (auto &watch : watches_) watch.sample();
    for (auto &probe : probes_) sums_[probe.sum] += probe.sample();
    dump(0);
    top_->CLOCK = 1;
    top_->eval();
    dump(5);
    top_->CLOCK = 0;
    dirty_ = true;
    ++cycleCount;
  }

  // One clock cycle.
  void cycle() {
    for (auto &memory : memories_) memory->drive();
    if (!memories_.empty()) dirty_ = true;
    settle();
    for (auto &memory : memories_) memory->sample();
    edge();
  }

  int serve() {
    for (int command = std::getchar(); command != EOF; command = std::getchar()) {
      switch (command) {
        case 'p': poke(); break;
        case 'g': peek(); break;
        case 's': step(); break;
        case 'u': runUntil(); break;
        case 'm': runUntilMask(); break;
        case 't': addWatch(); break;
        case 'T': readWatch(); break;
        case 'v': findVariable(); break;
        case 'k': addProbe(); break;
        case 'K': readProbes(); break;
        case 'r': readVariable(); break;
        case 'w': writeVariable(); break;
        case 'a': addMemory(); break;
        case 'R': readMemory(); break;
        case 'W': writeMemory(); break;
        case 'E': addError(); break;
        case 'e': memories_.at(take<uint16_t>())->errors.clear(); break;
        case 'S': statistics(); break;
        case 'L': lite(); break;
        case 'f': reportFailures(); break;
        case 'V': openWave(); break;
        case 'q': return 0;
        default: std::fprintf(stderr, "unknown command %d\n", command); return 2;
      }
    }
    return 0;
  }

 private:
  template <typename T> T take() {
    T value;
    takeBytes(&value, sizeof value);
    return value;
  }
  void takeBytes(void *to, size_t count) {
    if (std::fread(to, 1, count, stdin) != count) std::exit(3);
  }
  std::string takeText() {
    std::string text(take<uint32_t>(), ' ');
    if (!text.empty()) takeBytes(&text[0], text.size());
    return text;
  }
  template <typename T> void put(T value) { std::fwrite(&value, sizeof value, 1, stdout); }
  void flush() { std::fflush(stdout); }

  void poke() {
    Port &port = ports_.at(take<uint16_t>());
    takeBytes(port.data, port.bytes());
    dirty_ = true;
  }
  void peek() {
    Port &port = ports_.at(take<uint16_t>());
    settle();
    std::fwrite(port.data, 1, port.bytes(), stdout);
    flush();
  }
  void step() {
    const uint64_t count = take<uint64_t>();
    uint64_t done = 0;
    const size_t before = failures.size();
    while (done < count && (failures.size() == before || !stopOnFailure_)) {
      cycle();
      ++done;
    }
    put(done);
    put(static_cast<uint32_t>(failures.size()));
    flush();
  }
  void runUntil() {
    Port &port = ports_.at(take<uint16_t>());
    const uint32_t value = take<uint32_t>();
    const uint64_t limit = take<uint64_t>();
    uint64_t done = 0;
    const size_t before = failures.size();
    while (done < limit && (failures.size() == before || !stopOnFailure_)) {
      settle();
      if (static_cast<uint32_t>(port.get()) == value) break;
      cycle();
      ++done;
    }
    put(done);
    put(static_cast<uint32_t>(failures.size()));
    flush();
  }
  // Runs until some bit of a port under a mask is set; looked at before each cycle.
  void runUntilMask() {
    Port &port = ports_.at(take<uint16_t>());
    const uint32_t mask = take<uint32_t>();
    const uint64_t limit = take<uint64_t>();
    uint64_t done = 0;
    const size_t before = failures.size();
    while (done < limit && (failures.size() == before || !stopOnFailure_)) {
      settle();
      if (static_cast<uint32_t>(port.get()) & mask) break;
      cycle();
      ++done;
    }
    put(done);
    put(static_cast<uint32_t>(failures.size()));
    flush();
  }
  void addWatch() {
    Watch watch;
    watch.strobe = &ports_.at(take<uint16_t>());
    const uint16_t count = take<uint16_t>();
    for (uint16_t i = 0; i < count; ++i) watch.values.push_back(&ports_.at(take<uint16_t>()));
    watches_.push_back(watch);
  }
  // Answers what was recorded since the last time: entries, bytes, and the bytes.
  void readWatch() {
    Watch &watch = watches_.at(take<uint16_t>());
    put(watch.count);
    put(static_cast<uint32_t>(watch.log.size()));
    std::fwrite(watch.log.data(), 1, watch.log.size(), stdout);
    flush();
    watch.log.clear();
    watch.count = 0;
  }
  // Scope 'TOP.design.instance' and name; answers an index or -1, width, rows.
  void findVariable() {
    const std::string scope = takeText();
    const std::string name = takeText();
    const VerilatedScope *found = context_->scopeFind(scope.c_str());
    VerilatedVar *variable = found ? found->varFind(name.c_str()) : nullptr;
    if (!variable) {
      put(int32_t{-1});
      put(uint32_t{0});
      put(uint32_t{0});
    } else {
      Variable entry;
      entry.data = static_cast<uint8_t *>(variable->datap());
      entry.entry = variable->entSize();
      entry.width = variable->packed().elements();
      entry.rows = variable->udims() > 0 ? variable->unpacked().elements() : 1;
      variables_.push_back(entry);
      put(static_cast<int32_t>(variables_.size() - 1));
      put(entry.width);
      put(entry.rows);
    }
    flush();
  }
  void addProbe() {
    const Variable &variable = variables_.at(take<uint32_t>());
    Probe probe;
    probe.toggles = take<uint8_t>() != 0;
    probe.sum = take<uint32_t>();
    probe.data = variable.data;
    probe.bytes = variable.entry;
    settle();
    probe.before.assign(variable.data, variable.data + variable.entry);
    probes_.push_back(probe);
    if (sums_.size() <= probe.sum) sums_.resize(probe.sum + 1);
  }
  // The sums of the probes so far: how many, and each.
  void readProbes() {
    put(static_cast<uint32_t>(sums_.size()));
    for (uint64_t sum : sums_) put(sum);
    flush();
  }
  void readVariable() {
    const Variable &variable = variables_.at(take<uint32_t>());
    const uint32_t first = take<uint32_t>();
    const uint32_t count = take<uint32_t>();
    settle();
    std::fwrite(variable.data + static_cast<size_t>(first) * variable.entry, variable.entry, count, stdout);
    flush();
  }
  void writeVariable() {
    const Variable &variable = variables_.at(take<uint32_t>());
    const uint32_t first = take<uint32_t>();
    const uint32_t count = take<uint32_t>();
    takeBytes(variable.data + static_cast<size_t>(first) * variable.entry, static_cast<size_t>(count) * variable.entry);
    dirty_ = true;
  }
  void addMemory() {
    cosim::AxiOptions options;
    options.latency = take<uint32_t>();
    options.outstanding = take<uint32_t>();
    options.seed = take<uint32_t>();
    options.stall = take<uint32_t>();
    options.base = take<uint64_t>();
    options.size = take<uint64_t>();
    Port *ports[cosim::AxiSignalCount];
    for (Port *&port : ports) {
      const int16_t index = take<int16_t>();
      port = index < 0 ? nullptr : &ports_.at(index);
    }
    memories_.emplace_back(new AxiMemory(options, ports));
  }
  void readMemory() {
    AxiMemory &memory = *memories_.at(take<uint16_t>());
    const uint64_t at = take<uint64_t>();
    const uint32_t count = take<uint32_t>();
    std::fwrite(memory.bytes().data() + at, 1, count, stdout);
    flush();
  }
  void writeMemory() {
    AxiMemory &memory = *memories_.at(take<uint16_t>());
    const uint64_t at = take<uint64_t>();
    const uint32_t count = take<uint32_t>();
    takeBytes(memory.bytes().data() + at, count);
  }
  void addError() {
    AxiMemory &memory = *memories_.at(take<uint16_t>());
    cosim::ErrorRange range;
    range.first = take<uint64_t>();
    range.end = take<uint64_t>();
    range.response = take<uint32_t>();
    memory.errors.push_back(range);
  }
  void statistics() {
    AxiMemory &memory = *memories_.at(take<uint16_t>());
    put(memory.readBeats);
    put(memory.writeBeats);
    put(memory.readBursts);
    put(memory.writeBursts);
    std::string text;
    for (const std::string &line : memory.violations) text += line + "\n";
    put(static_cast<uint32_t>(text.size()));
    std::fwrite(text.data(), 1, text.size(), stdout);
    flush();
  }
  // One AXI4-Lite access: ports in the order of `liteSignals` in src/rtlsim/axi-ports.ts.
  void lite() {
    const uint8_t isWrite = take<uint8_t>();
    const uint32_t address = take<uint32_t>();
    const uint32_t data = take<uint32_t>();
    const uint32_t limit = take<uint32_t>();
    Port *p[17];
    for (Port *&port : p) port = &ports_.at(take<int16_t>());
    enum { AwValid, AwReady, AwAddr, WValid, WReady, WData, WStrb, BValid, BReady, BResp, ArValid, ArReady, ArAddr, RValid, RReady, RData, RResp };
    uint32_t response = ~0u, value = 0;
    uint64_t done = 0;
    bool finished = false;
    p[isWrite ? AwAddr : ArAddr]->set(address);
    p[isWrite ? AwValid : ArValid]->set(1);
    if (isWrite) {
      p[WData]->set(data);
      p[WStrb]->set(15);
      p[WValid]->set(1);
      p[BReady]->set(1);
    } else p[RReady]->set(1);
    dirty_ = true;
    while (!finished && done < limit) {
      for (auto &memory : memories_) memory->drive();
      dirty_ = true;
      settle();
      const bool aw = p[AwValid]->get() && p[AwReady]->get(), w = p[WValid]->get() && p[WReady]->get();
      const bool ar = p[ArValid]->get() && p[ArReady]->get();
      const bool b = p[BReady]->get() && p[BValid]->get(), r = p[RReady]->get() && p[RValid]->get();
      if (b) response = static_cast<uint32_t>(p[BResp]->get());
      if (r) {
        response = static_cast<uint32_t>(p[RResp]->get());
        value = static_cast<uint32_t>(p[RData]->get());
      }
      for (auto &memory : memories_) memory->sample();
      edge();
      ++done;
      if (aw) p[AwValid]->set(0);
      if (w) p[WValid]->set(0);
      if (ar) p[ArValid]->set(0);
      finished = b || r;
      if (finished) p[isWrite ? BReady : RReady]->set(0);
      dirty_ = true;
    }
    if (!finished)
      for (int i : {AwValid, WValid, ArValid, BReady, RReady}) p[i]->set(0);
    put(response);
    put(value);
    put(done);
    flush();
  }
  void reportFailures() {
    stopOnFailure_ = take<uint8_t>() != 0;
    std::string text;
    for (const std::string &line : failures) text += line + "\n";
    put(static_cast<uint32_t>(text.size()));
    std::fwrite(text.data(), 1, text.size(), stdout);
    flush();
  }

  // Path of a VCD file: all signals from here on. Answers 1, or 0 where it cannot be written.
  void openWave() {
    const std::string path = takeText();
#ifdef WAVE
    top_->trace(&wave_, 99);
    wave_.open(path.c_str());
    put(static_cast<uint8_t>(wave_.isOpen()));
#else
    put(uint8_t{0});
#endif
    flush();
  }
  void dump(int offset) {
#ifdef WAVE
    if (wave_.isOpen()) wave_.dump(10 * cycleCount + offset);
#else
    (void)offset;
#endif
  }

#ifdef WAVE
  VerilatedVcdC wave_;
#endif
  std::unique_ptr<VerilatedContext> context_;
  std::unique_ptr<Vdesign> top_;
  std::vector<Port> ports_;
  std::vector<Variable> variables_;
  std::vector<std::unique_ptr<AxiMemory>> memories_;
  std::vector<Watch> watches_;
  std::vector<Probe> probes_;
  std::vector<uint64_t> sums_;
  bool dirty_ = true;
  bool stopOnFailure_ = true;
};

}  // namespace

int main() {
  // Designs print to standard output ($display, assertion texts): commands keep the real one for themselves.
  const int answers = dup(STDOUT_FILENO);
  dup2(STDERR_FILENO, STDOUT_FILENO);
  FILE *stream = fdopen(answers, "wb");
  stdout = stream;
  Bench bench;
  return bench.serve();
}
