#include "common/exposition/writer.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <functional>
#include <utility>
#include <vector>

#include "common/number_format.h"
#include "common/plain_text.h"
#include "common/utf8.h"

namespace tidemark::exposition {
namespace {

constexpr std::string_view kTotal = "_total";
/// OpenMetrics 1.0, "Units and Base Units".
constexpr std::array<std::string_view, 9> kBaseUnits{"seconds", "bytes", "joules",  "grams",  "meters",
                                                     "ratio",   "volts", "amperes", "celsius"};

std::string_view TypeName(MetricType type, Format format) {
  switch (type) {
    case MetricType::kCounter:
      return "counter";
    case MetricType::kGauge:
      return "gauge";
    case MetricType::kHistogram:
      return "histogram";
    case MetricType::kSummary:
      return "summary";
    case MetricType::kUntyped:
      return format == Format::kOpenMetrics ? "unknown" : "untyped";
    // OpenMetrics alone knows these; a 0.0.4 reader takes them as plain values.
    case MetricType::kInfo:
      return format == Format::kOpenMetrics ? "info" : "untyped";
    case MetricType::kStateSet:
      return format == Format::kOpenMetrics ? "stateset" : "untyped";
    case MetricType::kGaugeHistogram:
      return format == Format::kOpenMetrics ? "gaugehistogram" : "untyped";
  }
  return "untyped";
}

void AppendEscaped(std::string& out, std::string_view text, bool escape_quotes) {
  for (const char c : text) {
    if (c == '\\') {
      out += "\\\\";
    } else if (c == '\n') {
      out += "\\n";
    } else if (c == '"' && escape_quotes) {
      out += "\\\"";
    } else {
      out += c;
    }
  }
}

/// `text` with each run of malformed UTF-8 replaced by one U+FFFD, as Go's strings.ToValidUTF8 does.
std::string Repaired(std::string_view text) {
  std::string repaired;
  bool is_in_run = false;
  while (!text.empty()) {
    const size_t length = SequenceLength(text);
    if (length == 0 && !is_in_run) repaired += "\xEF\xBF\xBD";
    is_in_run = length == 0;
    repaired += text.substr(0, length);
    text.remove_prefix(std::max<size_t>(length, 1));
  }
  return repaired;
}

void AppendText(std::string& out, std::string_view text, bool with_quotes) {
  if (IsPlainText(text)) {
    out += text;
  } else if (IsValidUtf8(text)) {
    AppendEscaped(out, text, with_quotes);
  } else {
    AppendEscaped(out, Repaired(text), with_quotes);
  }
}

bool IsNameByte(char c) { return IsNameText({&c, 1}); }

/// The name with "_" for what a metric's name may not have: some names come from files.
void Clean(std::string& name) {
  if (!IsNameText(name)) std::ranges::replace_if(name, std::not_fn(IsNameByte), '_');
  if (!name.empty() && name[0] >= '0' && name[0] <= '9') name[0] = '_';
}

char* Copy(std::string_view text, char* out) { return std::ranges::copy(text, out).out; }

}  // namespace

void Writer::Family(std::string_view name, std::string_view help, MetricType type) {
  name_ = name;
  StartFamily(help, type);
}

void Writer::JoinedFamily(Pieces name, Pieces help, MetricType type) {
  name_.clear();
  for (const std::string_view piece : name) name_ += piece;
  joined_help_.clear();
  for (const std::string_view piece : help) joined_help_ += piece;
  StartFamily(joined_help_, type);
}

void Writer::StartFamily(std::string_view help, MetricType type) {
  Clean(name_);
  std::string_view family = name_;
  if (format_ == Format::kOpenMetrics && type == MetricType::kCounter) {
    if (family.ends_with(kTotal)) {
      family.remove_suffix(kTotal.size());
    } else {
      name_ += kTotal;
      family = std::string_view(name_).substr(0, name_.size() - kTotal.size());
    }
  }
  std::string escaped;
  if (!IsPlainText(help)) {
    AppendText(escaped, help, format_ == Format::kOpenMetrics);
    help = escaped;
  }
  constexpr std::string_view kHelp = "# HELP ";
  constexpr std::string_view kType = "# TYPE ";
  const std::string_view type_name = TypeName(type, format_);
  char* at = Grow(kHelp.size() + kType.size() + 2 * family.size() + help.size() + type_name.size() + 4);
  if (!help.empty()) {
    at = Copy(family, Copy(kHelp, at));
    *at++ = ' ';
    at = Copy(help, at);
    *at++ = '\n';
  }
  at = Copy(family, Copy(kType, at));
  *at++ = ' ';
  at = Copy(type_name, at);
  *at++ = '\n';
  ShrinkTo(at);
  family_bytes_ = family.size();
  if (format_ == Format::kOpenMetrics) AppendUnit(family);
}

void Writer::AppendUnit(std::string_view family) {
  const size_t underscore = family.rfind('_');
  if (underscore == std::string_view::npos) return;
  const std::string_view unit = family.substr(underscore + 1);
  if (std::ranges::find(kBaseUnits, unit) == kBaseUnits.end()) return;
  out_ += "# UNIT ";
  out_ += family;
  out_ += ' ';
  out_ += unit;
  out_ += '\n';
}

void Writer::SuffixedSample(std::string_view suffix, std::span<const Label> labels, double value) {
  if (std::ranges::all_of(labels, IsPlainText, &Label::value)) {
    AppendSample(suffix, labels, value);
    return;
  }
  std::vector<std::string> texts(labels.size());
  std::vector<Label> escaped(labels.begin(), labels.end());
  for (size_t i = 0; i < labels.size(); ++i) {
    AppendText(texts[i], labels[i].value, true);
    escaped[i].value = texts[i];
  }
  AppendSample(suffix, escaped, value);
}

/// This runs for every sample: the buffer grows once, and the parts are copied to their places.
void Writer::AppendSample(std::string_view suffix, std::span<const Label> labels, double value) {
  constexpr std::string_view kBeforeValue = "=\"";
  size_t bytes = name_.size() + suffix.size() + std::string_view("} \n").size() + kFloatRoom;
  for (const Label& label : labels) bytes += label.name.size() + label.value.size() + std::string_view("{=\"\"").size();
  char* at = Copy(suffix, Copy(name_, Grow(bytes)));
  char separator = '{';
  for (const Label& label : labels) {
    *at++ = separator;
    separator = ',';
    at = Copy(label.value, Copy(kBeforeValue, Copy(label.name, at)));
    *at++ = '"';
  }
  if (!labels.empty()) *at++ = '}';
  *at++ = ' ';
  at = WriteGoFloat(at, value);
  *at++ = '\n';
  ShrinkTo(at);
}

/// Room for so many bytes at the end of the text.
char* Writer::Grow(size_t bytes) {
  const size_t begin = out_.size();
  out_.resize(begin + bytes);
  return out_.data() + begin;
}

/// Gives back the room from `end` on.
void Writer::ShrinkTo(const char* end) { out_.resize(static_cast<size_t>(end - out_.data())); }

void Writer::SampleAt(std::span<const Label> labels, double value, int64_t timestamp_ms) {
  Sample(labels, value);
  out_.back() = ' ';  // the line goes on
  if (format_ == Format::kOpenMetrics) {
    AppendGoFloat(out_, static_cast<double>(timestamp_ms) / 1000);
  } else {
    out_ += std::to_string(timestamp_ms);
  }
  out_ += '\n';
}

void Writer::Created(std::span<const Label> labels, double seconds) {
  if (format_ != Format::kOpenMetrics) return;
  const std::string name_of_samples = std::exchange(name_, name_.substr(0, family_bytes_));
  SuffixedSample("_created", labels, seconds);
  name_ = name_of_samples;
}

void Writer::Single(std::string_view name, std::string_view help, MetricType type, double value) {
  Family(name, help, type);
  Sample({}, value);
}

std::set<std::string, std::less<>> Writer::FamilyNames() const {
  constexpr std::string_view kType = "# TYPE ";
  std::set<std::string, std::less<>> names;
  std::string_view rest = out_;
  while (!rest.empty()) {
    std::string_view line = rest.substr(0, rest.find('\n'));
    rest.remove_prefix(std::min(line.size() + 1, rest.size()));
    if (!line.starts_with(kType)) continue;
    line.remove_prefix(kType.size());
    const size_t blank = line.find(' ');
    std::string name(line.substr(0, blank));
    if (format_ == Format::kOpenMetrics && line.substr(blank) == " counter") names.insert(name + std::string(kTotal));
    names.insert(std::move(name));
  }
  return names;
}

void Writer::Finish() {
  if (format_ == Format::kOpenMetrics) out_ += "# EOF\n";
}

}  // namespace tidemark::exposition
