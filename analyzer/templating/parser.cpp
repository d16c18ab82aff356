#include "analyzer/templating/parser.h"

#include <algorithm>
#include <cctype>
#include <optional>
#include <utility>

#include "analyzer/templating/literal.h"

namespace tidemark::templating {
namespace {

/// Of blocks and parentheses in each other.
constexpr int kMaxDepth = 50;
constexpr std::string_view kSpaces = " \t\r\n";
constexpr std::string_view kOpen = "{{";
constexpr std::string_view kClose = "}}";

bool IsSpace(char c) { return kSpaces.find(c) != std::string_view::npos; }
bool IsNameStart(char c) { return std::isalpha(static_cast<unsigned char>(c)) != 0 || c == '_' || (c & 0x80) != 0; }
bool IsNamePart(char c) { return IsNameStart(c) || std::isdigit(static_cast<unsigned char>(c)) != 0; }

class Parser {
 public:
  Parser(std::string_view text, const std::vector<std::string>& variables,
         const std::function<bool(std::string_view)>& is_function)
      : text_(text), scope_{"$"}, is_function_(is_function) {
    scope_.insert(scope_.end(), variables.begin(), variables.end());
  }

  TemplateTree Parse() {
    TemplateTree tree;
    tree_ = &tree;
    tree.body = ParseBody(End::kText).body;
    return tree;
  }

 private:
  /// What a list of nodes may end with, and what it ended with.
  enum class End { kText, kElseOrEnd, kEnd, kElse };
  struct BodyResult {
    Body body;
    End end;
  };

  [[noreturn]] void Fail(const std::string& message) const {
    throw TemplateError("line " + std::to_string(Line()) + ": " + message);
  }
  [[nodiscard]] size_t Line() const {
    return 1 + static_cast<size_t>(std::ranges::count(text_.substr(0, std::min(at_, text_.size())), '\n'));
  }

  /// Counts nesting while it lives.
  class Depth {
   public:
    explicit Depth(Parser& parser) : parser_(parser) {
      if (++parser_.depth_ > kMaxDepth) parser_.Fail("nested too deeply");
    }
    ~Depth() { --parser_.depth_; }
    Depth(const Depth&) = delete;
    Depth& operator=(const Depth&) = delete;

   private:
    Parser& parser_;
  };

  // The text between actions.

  BodyResult ParseBody(End wanted) {
    const Depth depth(*this);
    BodyResult result{{}, End::kText};
    while (true) {
      ParseText(result.body);
      if (at_ == text_.size()) {
        if (wanted != End::kText) Fail("unexpected end of the template, {{end}} is missing");
        return result;
      }
      const size_t begin = at_;
      OpenAction();
      if (SkipComment()) continue;
      const std::string keyword = PeekName();
      if (keyword == "end" || keyword == "else") {
        if (wanted == End::kText || (keyword == "else" && wanted == End::kEnd)) Fail("unexpected {{" + keyword + "}}");
        TakeName();
        if (keyword == "else") {
          result.end = End::kElse;  // what follows it, also an if, is the caller's
          return result;
        }
        CloseAction();
        result.end = End::kEnd;
        return result;
      }
      ParseAction(keyword, begin, result.body);
    }
  }

  void ParseText(Body& body) {
    const size_t open = text_.find(kOpen, at_);
    std::string_view raw = text_.substr(at_, open == std::string_view::npos ? open : open - at_);
    const size_t line = Line();
    at_ += raw.size();
    if (trim_next_) raw.remove_prefix(std::min(raw.find_first_not_of(kSpaces), raw.size()));
    trim_next_ = false;
    // {{- with a space behind takes the spaces before it away.
    if (open != std::string_view::npos && text_.substr(open + 2).starts_with('-') && open + 3 < text_.size() &&
        IsSpace(text_[open + 3])) {
      const size_t last = raw.find_last_not_of(kSpaces);
      raw = raw.substr(0, last == std::string_view::npos ? 0 : last + 1);
    }
    if (raw.empty()) return;
    Node& node = body.emplace_back();
    node.line = line;
    node.text = raw;
  }

  void OpenAction() {
    at_ += kOpen.size();
    if (at_ + 1 < text_.size() && text_[at_] == '-' && IsSpace(text_[at_ + 1])) at_ += 2;
  }

  void SkipSpaces() {
    while (at_ < text_.size() && IsSpace(text_[at_])) ++at_;
  }

  /// Whether the action ends here, perhaps with " -}}".
  [[nodiscard]] bool AtClose() const {
    const std::string_view rest = text_.substr(at_);
    return rest.starts_with(kClose) || (rest.starts_with("-}}") && at_ > 0 && IsSpace(text_[at_ - 1]));
  }

  void CloseAction() {
    SkipSpaces();
    if (!AtClose()) Fail("expected }}, not " + Here());
    trim_next_ = text_[at_] == '-';
    at_ += kClose.size() + (trim_next_ ? 1 : 0);
  }

  bool SkipComment() {
    SkipSpaces();
    if (!text_.substr(at_).starts_with("/*")) return false;
    const size_t end = text_.find("*/", at_);
    if (end == std::string_view::npos) Fail("unclosed comment");
    at_ = end + 2;
    CloseAction();
    return true;
  }

  /// What stands at the position, for messages.
  [[nodiscard]] std::string Here() const {
    constexpr size_t kShown = 20;
    const std::string_view rest = text_.substr(at_);
    if (rest.empty()) return "the end of the template";
    return '"' + std::string(rest.substr(0, std::min(kShown, rest.find('\n')))) + '"';
  }

  [[nodiscard]] std::string PeekName() const {
    size_t end = at_;
    if (end < text_.size() && IsNameStart(text_[end])) {
      while (end < text_.size() && IsNamePart(text_[end])) ++end;
    }
    return std::string(text_.substr(at_, end - at_));
  }
  std::string TakeName() {
    std::string name = PeekName();
    at_ += name.size();
    return name;
  }

  // Actions.

  void ParseAction(const std::string& keyword, size_t begin, Body& body) {
    if (keyword == "define") {
      TakeName();
      ParseDefinition();
      return;
    }
    Node node;
    node.line = Line();
    const size_t scope = scope_.size();
    if (keyword == "if" || keyword == "with" || keyword == "range") {
      TakeName();
      node.kind = keyword == "if" ? Node::Kind::kIf : keyword == "with" ? Node::Kind::kWith : Node::Kind::kRange;
      ParseBranch(node);
      scope_.resize(scope);
    } else if (keyword == "template" || keyword == "block") {
      TakeName();
      node.kind = Node::Kind::kTemplate;
      node.text = ParseTemplateName();
      SkipSpaces();
      if (!AtClose()) {
        node.pipeline = ParsePipeline(Declares::kNothing);
      } else if (keyword == "block") {
        Fail("missing value for block clause");
      }
      CloseAction();
      if (keyword == "block") Define(node.text);
    } else if (keyword == "break" || keyword == "continue") {
      TakeName();
      if (loops_ == 0) Fail("{{" + keyword + "}} outside {{range}}");
      node.kind = keyword == "break" ? Node::Kind::kBreak : Node::Kind::kContinue;
      CloseAction();
    } else {
      node.kind = Node::Kind::kAction;
      node.pipeline = ParsePipeline(Declares::kOne);
      CloseAction();
    }
    node.line = 1 + static_cast<size_t>(std::ranges::count(text_.substr(0, begin), '\n'));
    body.push_back(std::move(node));
  }

  /// The rest of if, range or with, from the pipeline to its end.
  void ParseBranch(Node& node) {
    const bool is_range = node.kind == Node::Kind::kRange;
    node.pipeline = ParsePipeline(is_range ? Declares::kTwo : Declares::kOne);
    CloseAction();
    loops_ += is_range ? 1 : 0;
    BodyResult result = ParseBody(End::kElseOrEnd);
    loops_ -= is_range ? 1 : 0;
    node.body = std::move(result.body);
    if (result.end != End::kElse) return;
    SkipSpaces();
    if (PeekName() == "if" && node.kind == Node::Kind::kIf) {
      const Depth depth(*this);
      Node nested;
      nested.line = Line();
      nested.kind = Node::Kind::kIf;
      TakeName();
      ParseBranch(nested);
      node.otherwise.push_back(std::move(nested));
      return;
    }
    CloseAction();
    node.otherwise = ParseBody(End::kEnd).body;
  }

  std::string ParseTemplateName() {
    SkipSpaces();
    const std::optional<Literal> name = PeekLiteral();
    if (!name || name->value.AsText() == nullptr) Fail("expected the name of a template in quotes, not " + Here());
    at_ += name->length;
    return *name->value.AsText();
  }

  void ParseDefinition() {
    if (depth_ > 1) Fail("unexpected {{define}} inside another action");
    const std::string name = ParseTemplateName();
    CloseAction();
    Define(name);
  }

  /// The body of a definition up to its end. It knows no variables but $.
  void Define(const std::string& name) {
    const int loops = std::exchange(loops_, 0);
    std::vector<std::string> scope = std::exchange(scope_, {"$"});
    tree_->defined[name] = ParseBody(End::kEnd).body;
    scope_ = std::move(scope);
    loops_ = loops;
  }

  // Pipelines.

  enum class Declares { kNothing, kOne, kTwo };

  Pipeline ParsePipeline(Declares declares) {
    const Depth depth(*this);
    Pipeline pipeline;
    SkipSpaces();
    if (declares != Declares::kNothing) ParseDeclaration(pipeline, declares);
    while (true) {
      pipeline.commands.push_back(ParseCommand());
      const Operand& first = pipeline.commands.back().front();
      const bool can_take_value =
          first.kind != Operand::Kind::kLiteral && (first.kind != Operand::Kind::kDot || !first.fields.empty());
      if (pipeline.commands.size() > 1 && !can_take_value)
        Fail("non executable command in pipeline stage " + std::to_string(pipeline.commands.size()));
      SkipSpaces();
      if (!text_.substr(at_).starts_with('|')) break;
      ++at_;
    }
    if (!pipeline.is_assignment) scope_.insert(scope_.end(), pipeline.variables.begin(), pipeline.variables.end());
    return pipeline;
  }

  /// "$x :=", "$x =", and of a range "$i, $x :="; nothing when the pipeline begins with something else.
  void ParseDeclaration(Pipeline& pipeline, Declares declares) {
    const size_t begin = at_;
    std::vector<std::string> names;
    while (at_ < text_.size() && text_[at_] == '$') {
      ++at_;
      names.push_back('$' + TakeName());
      SkipSpaces();
      if (names.size() == 1 && declares == Declares::kTwo && at_ < text_.size() && text_[at_] == ',') {
        ++at_;
        SkipSpaces();
        continue;
      }
      const std::string_view rest = text_.substr(at_);
      if (!rest.starts_with(":=") && !(rest.starts_with('=') && !rest.starts_with("=="))) break;
      pipeline.is_assignment = rest.front() == '=';
      at_ += pipeline.is_assignment ? 1 : 2;
      for (const std::string& name : names) {
        if (pipeline.is_assignment) RequireVariable(name);
      }
      pipeline.variables = std::move(names);
      return;
    }
    if (names.size() > 1) Fail("range can only have two variables before :=, not " + Here());
    at_ = begin;
  }

  void RequireVariable(const std::string& name) const {
    if (std::ranges::find(scope_, name) == scope_.end()) Fail("undefined variable \"" + name + "\"");
  }

  [[nodiscard]] std::optional<Literal> PeekLiteral() const {
    try {
      return ParseLiteral(text_.substr(at_));
    } catch (const TemplateError& error) {
      Fail(error.what());
    }
  }

  Command ParseCommand() {
    Command command;
    while (true) {
      SkipSpaces();
      if (at_ == text_.size()) Fail("unclosed action");
      if (AtClose() || text_[at_] == '|' || text_[at_] == ')') break;
      command.push_back(ParseOperand());
      if (at_ < text_.size() && !IsSpace(text_[at_]) && !AtClose() && text_[at_] != '|' && text_[at_] != ')')
        Fail("unexpected " + Here() + " in operand");
    }
    if (command.empty()) Fail("missing value for command");
    return command;
  }

  Operand ParseOperand() {
    Operand operand;
    const char first = text_[at_];
    if (first == '(') {
      ++at_;
      operand.kind = Operand::Kind::kPipeline;
      operand.pipeline = std::make_shared<Pipeline>(ParsePipeline(Declares::kNothing));
      SkipSpaces();
      if (at_ == text_.size() || text_[at_] != ')') Fail("unclosed left parenthesis");
      ++at_;
    } else if (first == '$') {
      ++at_;
      operand.kind = Operand::Kind::kVariable;
      operand.name = '$' + TakeName();
      RequireVariable(operand.name);
    } else if (first == '.' && (at_ + 1 == text_.size() || !std::isdigit(static_cast<unsigned char>(text_[at_ + 1])))) {
      operand.kind = Operand::Kind::kDot;
      if (at_ + 1 == text_.size() || !IsNameStart(text_[at_ + 1])) {
        ++at_;
        return operand;
      }
    } else if (IsNameStart(first)) {
      const std::string name = TakeName();
      if (name == "true" || name == "false" || name == "nil") {
        operand.kind = Operand::Kind::kLiteral;
        if (name != "nil") operand.literal = name == "true";
        return operand;
      }
      if (!is_function_(name)) Fail("function \"" + name + "\" not defined");
      operand.kind = Operand::Kind::kFunction;
      operand.name = name;
    } else {
      operand.kind = Operand::Kind::kLiteral;
      std::optional<Literal> literal = PeekLiteral();
      if (!literal) Fail("unexpected " + Here());
      operand.literal = std::move(literal->value);
      at_ += literal->length;
      return operand;
    }
    while (at_ + 1 < text_.size() && text_[at_] == '.' && IsNameStart(text_[at_ + 1])) {
      ++at_;
      operand.fields.push_back(TakeName());
    }
    return operand;
  }

  std::string_view text_;
  size_t at_ = 0;
  bool trim_next_ = false;
  int depth_ = 0;
  int loops_ = 0;
  std::vector<std::string> scope_;
  const std::function<bool(std::string_view)>& is_function_;
  TemplateTree* tree_ = nullptr;
};

}  // namespace

TemplateTree ParseTemplate(std::string_view text, const std::vector<std::string>& variables,
                           const std::function<bool(std::string_view)>& is_function) {
  return Parser(text, variables, is_function).Parse();
}

}  // namespace tidemark::templating
