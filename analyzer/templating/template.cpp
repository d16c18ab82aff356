#include "analyzer/templating/template.h"

#include <algorithm>
#include <optional>
#include <span>

#include "analyzer/templating/functions.h"
#include "analyzer/templating/parser.h"

namespace tidemark::templating {
namespace {

constexpr size_t kMaxOutputBytes = size_t{1} << 20;
constexpr size_t kMaxSteps = 1'000'000;
/// Of nested blocks and templates together.
constexpr int kMaxDepth = 200;

/// Walks a tree and writes its text.
class Execution {
 public:
  Execution(const TemplateTree& tree, const Value& data, const Variables& variables, const Environment& environment)
      : tree_(tree), data_(data), environment_(environment), variables_{{"$", data}} {
    variables_.insert(variables_.end(), variables.begin(), variables.end());
  }

  std::string Run() {
    Walk(tree_.body, data_);
    return std::move(out_);
  }

 private:
  enum class Flow { kNext, kBreak, kContinue };

  Flow Walk(const Body& body, const Value& dot) {
    if (++depth_ > kMaxDepth) throw TemplateError("exceeded maximum template depth");
    Flow flow = Flow::kNext;
    for (const Node& node : body) {
      flow = Located(node, [&] { return WalkNode(node, dot); });
      if (flow != Flow::kNext) break;
    }
    --depth_;
    return flow;
  }

  /// Adds the line to an error, once.
  template <typename F>
  Flow Located(const Node& node, F&& walk) {
    try {
      return walk();
    } catch (const TemplateError& error) {
      if (located_) throw;
      located_ = true;
      throw TemplateError("line " + std::to_string(node.line) + ": " + error.what());
    }
  }

  Flow WalkNode(const Node& node, const Value& dot) {
    if (++steps_ > kMaxSteps) throw TemplateError("takes too many steps");
    const size_t scope = variables_.size();
    Flow flow = Flow::kNext;
    switch (node.kind) {
      case Node::Kind::kText:
        Write(node.text);
        break;
      case Node::Kind::kAction: {
        const Value value = Evaluate(node.pipeline, dot);
        if (node.pipeline.variables.empty()) Write(value.IsNil() ? "<no value>" : value.Print());
        return flow;  // what it declares stays
      }
      case Node::Kind::kIf:
      case Node::Kind::kWith: {
        const Value value = Evaluate(node.pipeline, dot);
        const bool with = node.kind == Node::Kind::kWith;
        flow = value.IsTrue() ? Walk(node.body, with ? value : dot) : Walk(node.otherwise, dot);
        break;
      }
      case Node::Kind::kRange:
        flow = WalkRange(node, dot);
        break;
      case Node::Kind::kTemplate:
        Call(node, dot);
        break;
      case Node::Kind::kBreak:
        return Flow::kBreak;
      case Node::Kind::kContinue:
        return Flow::kContinue;
    }
    variables_.resize(scope);
    return flow;
  }

  Flow WalkRange(const Node& node, const Value& dot) {
    const Value value = Evaluate(node.pipeline, dot);
    std::vector<std::pair<Value, Value>> items;
    if (const List* list = value.AsList()) {
      for (const Value& item : *list) items.emplace_back(static_cast<int64_t>(items.size()), item);
    } else if (const Value::Map* map = value.AsMap(); map != nullptr && map->kind != Value::MapKind::kStruct) {
      for (const auto& [name, item] : map->fields) items.emplace_back(name, item);
    } else if (!value.IsNil()) {
      throw TemplateError(std::string("range can't iterate over a ") + value.TypeName());
    }
    if (items.empty()) return Walk(node.otherwise, dot);
    const std::vector<std::string>& names = node.pipeline.variables;
    for (const auto& [index, item] : items) {
      const size_t scope = variables_.size();
      if (!names.empty()) SetVariable(names.back(), item);
      if (names.size() > 1) SetVariable(names.front(), index);
      const Flow flow = Walk(node.body, item);
      variables_.resize(scope);
      if (flow == Flow::kBreak) break;
    }
    return Flow::kNext;
  }

  void Call(const Node& node, const Value& dot) {
    const auto defined = tree_.defined.find(node.text);
    if (defined == tree_.defined.end()) throw TemplateError("template \"" + node.text + "\" not defined");
    const Value data = node.pipeline.commands.empty() ? Value() : Evaluate(node.pipeline, dot);
    Variables outer = std::exchange(variables_, {{"$", data}});
    Walk(defined->second, data);
    variables_ = std::move(outer);
  }

  /// The pipeline's value, after setting its variables to it (a range sets them again in each round).
  Value Evaluate(const Pipeline& pipeline, const Value& dot) {
    std::optional<Value> value;
    for (const Command& command : pipeline.commands) value = Evaluate(command, dot, value);
    for (const std::string& name : pipeline.variables) {
      if (pipeline.is_assignment) {
        SetVariable(name, *value);
      } else {
        variables_.emplace_back(name, *value);
      }
    }
    return *value;
  }

  Value Evaluate(const Command& command, const Value& dot, const std::optional<Value>& piped) {
    const Operand& first = command.front();
    if (first.kind == Operand::Kind::kFunction && first.fields.empty())
      return CallFunction(first.name, std::span(command).subspan(1), dot, piped);
    if (command.size() > 1 || piped) throw TemplateError("can't give argument to non-function");
    if (first.kind == Operand::Kind::kLiteral && first.literal.IsNil()) throw TemplateError("nil is not a command");
    return Evaluate(first, dot);
  }

  Value Evaluate(const Operand& operand, const Value& dot) {
    Value value;
    switch (operand.kind) {
      case Operand::Kind::kLiteral:
        value = operand.literal;
        break;
      case Operand::Kind::kDot:
        value = dot;
        break;
      case Operand::Kind::kVariable:
        value = Variable(operand.name);
        break;
      case Operand::Kind::kFunction:
        value = CallFunction(operand.name, {}, dot, std::nullopt);
        break;
      case Operand::Kind::kPipeline:
        value = Evaluate(*operand.pipeline, dot);
        break;
    }
    for (const std::string& field : operand.fields) {
      if (value.IsNil()) throw TemplateError("nil data; no entry for key \"" + field + "\"");
      value = value.Field(field);
    }
    return value;
  }

  Value CallFunction(const std::string& name, std::span<const Operand> operands, const Value& dot,
                     const std::optional<Value>& piped) {
    if (++steps_ > kMaxSteps) throw TemplateError("takes too many steps");
    const Function& function = *FindFunction(name);
    const size_t count = operands.size() + (piped ? 1 : 0);
    if (count < function.min_arguments || count > function.max_arguments) {
      const std::string wanted = function.max_arguments == Function::kAnyNumber
                                     ? "at least " + std::to_string(function.min_arguments)
                                     : std::to_string(function.min_arguments);
      throw TemplateError("wrong number of args for " + name + ": want " + wanted + " got " + std::to_string(count));
    }
    std::vector<Value> arguments;
    for (const Operand& operand : operands) {
      arguments.push_back(Evaluate(operand, dot));
      // and, or: what decides is the answer, and the rest is not evaluated.
      if (function.stops_at && arguments.back().IsTrue() == *function.stops_at) return arguments.back();
    }
    if (piped) arguments.push_back(*piped);
    try {
      Value result = function.call(environment_, arguments);
      if (const std::string* text = result.AsText(); text != nullptr && text->size() > kMaxOutputBytes)
        throw TemplateError("gives too long a text");
      return result;
    } catch (const std::runtime_error& error) {
      throw TemplateError("error calling " + name + ": " + error.what());
    }
  }

  /// Newest first: what is inside hides what is outside.
  [[nodiscard]] const Value& Variable(const std::string& name) const {
    const auto found = std::find_if(variables_.rbegin(), variables_.rend(),
                                    [&](const auto& variable) { return variable.first == name; });
    if (found == variables_.rend()) throw TemplateError("undefined variable: " + name);
    return found->second;
  }
  void SetVariable(const std::string& name, const Value& value) {
    const auto found = std::find_if(variables_.rbegin(), variables_.rend(),
                                    [&](const auto& variable) { return variable.first == name; });
    if (found == variables_.rend()) throw TemplateError("undefined variable: " + name);
    found->second = value;
  }

  void Write(std::string_view text) {
    if (out_.size() + text.size() > kMaxOutputBytes) throw TemplateError("gives too long a text");
    out_ += text;
  }

  const TemplateTree& tree_;
  const Value& data_;
  const Environment& environment_;
  Variables variables_;
  std::string out_;
  size_t steps_ = 0;
  int depth_ = 0;
  bool located_ = false;
};

}  // namespace

Template::Template(std::string_view text, const std::vector<std::string>& variables)
    : tree_(ParseTemplate(text, variables, [](std::string_view name) { return FindFunction(name) != nullptr; })) {}

std::string Template::Execute(const Value& data, const Variables& variables, const Environment& environment) const {
  return Execution(tree_, data, variables, environment).Run();
}

}  // namespace tidemark::templating
