#pragma once

#include <cstddef>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "analyzer/templating/value.h"

// A parsed template:
//
//   body      a list of nodes: text, {{pipeline}}, if, range, with, template
//   pipeline  [$a[, $b] :=] command | command | …    the result of one is the last argument of the next
//   command   operand operand …                      a function with arguments, or one operand alone
//   operand   literal, ., .Field.Field, $variable.Field, function, (pipeline).Field
//
// Source: https://pkg.go.dev/text/template, "Actions", "Arguments", "Pipelines".

namespace tidemark::templating {

struct Pipeline;

struct Operand {
  enum class Kind { kLiteral, kDot, kVariable, kFunction, kPipeline } kind = Kind::kDot;
  Value literal;
  std::string name;                    ///< of the variable, with its $, or of the function
  std::shared_ptr<Pipeline> pipeline;  ///< in parentheses
  std::vector<std::string> fields;     ///< looked up one in the other
};

using Command = std::vector<Operand>;

struct Pipeline {
  std::vector<std::string> variables;  ///< declared or assigned, with their $
  bool is_assignment = false;          ///< with = to existing variables
  std::vector<Command> commands;
};

struct Node;
using Body = std::vector<Node>;

struct Node {
  enum class Kind { kText, kAction, kIf, kRange, kWith, kTemplate, kBreak, kContinue } kind = Kind::kText;
  size_t line = 1;    ///< in the template's text, from 1
  std::string text;   ///< of kText; of kTemplate the name
  Pipeline pipeline;  ///< without commands: {{template "x"}}
  Body body;          ///< of if, range and with
  Body otherwise;     ///< their else
};

/// A text with the templates that it defines by {{define}} and {{block}}.
struct TemplateTree {
  Body body;
  std::map<std::string, Body> defined;
};

}  // namespace tidemark::templating
