// Binary operators between scalars and vectors, with Prometheus's matching rules (promql/engine.go, VectorBinop).

#include <algorithm>
#include <cmath>
#include <unordered_map>
#include <unordered_set>

#include "analyzer/promql/evaluator.h"
#include "common/go_string.h"

namespace tidemark::promql {
namespace {

double Arithmetic(BinaryOp op, double a, double b) {
  switch (op) {
    case BinaryOp::kAdd:
      return a + b;
    case BinaryOp::kSubtract:
      return a - b;
    case BinaryOp::kMultiply:
      return a * b;
    case BinaryOp::kDivide:
      return a / b;
    case BinaryOp::kModulo:
      return std::fmod(a, b);
    case BinaryOp::kPower:
      return std::pow(a, b);
    case BinaryOp::kAtan2:
      return std::atan2(a, b);
    default:
      throw EvalError(std::string("operator is no arithmetic: ") + OpText(op));
  }
}

bool Compare(BinaryOp op, double a, double b) {
  switch (op) {
    case BinaryOp::kEqual:
      return a == b;
    case BinaryOp::kNotEqual:
      return a != b;
    case BinaryOp::kLess:
      return a < b;
    case BinaryOp::kLessOrEqual:
      return a <= b;
    case BinaryOp::kGreater:
      return a > b;
    case BinaryOp::kGreaterOrEqual:
      return a >= b;
    default:
      throw EvalError(std::string("operator is no comparison: ") + OpText(op));
  }
}

/// Whether results lose the metric name. atan2 keeps it in Prometheus 2.42 (promql/engine.go, shouldDropMetricName).
bool DropsName(const Binary& node) {
  return node.return_bool || (!IsComparison(node.op) && node.op != BinaryOp::kAtan2);
}

/// The labels two series must share to match.
Labels MatchKey(const VectorMatching& matching, const Labels& labels) {
  return matching.on ? labels.Keep(matching.labels) : labels.Drop(matching.labels);
}

/// Labels of the result of `many` op `one`.
Labels ResultLabels(const Binary& node, const Labels& many, const Labels& one) {
  const VectorMatching& matching = node.matching;
  Labels labels = DropsName(node) ? many.Without(storage::kMetricName) : many;
  if (matching.cardinality == VectorMatching::Cardinality::kOneToOne) {
    if (matching.on) {
      labels = labels.Keep(matching.labels);
    } else {
      for (const std::string& name : matching.labels) labels = labels.Without(name);
    }
  }
  for (const std::string& name : matching.include) labels = labels.With(name, one.Get(name));
  return labels;
}

/// All labels, the metric's name among them, as Prometheus's errors tell them: {__name__="a", b="c"}.
std::string InBraces(const Labels& labels) {
  std::string text = "{";
  for (const auto& [name, value] : labels) {
    if (text.size() > 1) text += ", ";
    text += std::string(name) + '=' + QuoteGo(value);
  }
  return text + '}';
}

}  // namespace

Value Evaluator::EvaluateNode(const Binary& node) {
  Value left = Evaluate(*node.left);
  Value right = Evaluate(*node.right);
  const bool left_scalar = node.left->type == ValueType::kScalar;
  const bool right_scalar = node.right->type == ValueType::kScalar;
  if (left_scalar && right_scalar) return ScalarBinary(node, left, right);
  if (right_scalar) return VectorScalarBinary(node, std::move(left), right.scalars, false);
  if (left_scalar) return VectorScalarBinary(node, std::move(right), left.scalars, true);
  if (IsSetOperator(node.op)) return SetBinary(node, std::move(left), std::move(right));
  return VectorBinary(node, left, right);
}

Value Evaluator::ScalarBinary(const Binary& node, const Value& left, const Value& right) const {
  Value result;
  for (size_t step = 0; step < step_count_; ++step) {
    const double a = left.scalars[step];
    const double b = right.scalars[step];
    result.scalars.push_back(IsComparison(node.op) ? (Compare(node.op, a, b) ? 1 : 0) : Arithmetic(node.op, a, b));
  }
  return result;
}

Value Evaluator::VectorScalarBinary(const Binary& node, Value vector, const std::vector<double>& scalars,
                                    bool scalar_is_left) const {
  const bool compares = IsComparison(node.op);
  for (StepSeries& series : vector.vector) {
    if (DropsName(node)) series.labels = series.labels.Without(storage::kMetricName);
    for (size_t step = 0; step < step_count_; ++step) {
      double& value = series.values[step];
      const double a = scalar_is_left ? scalars[step] : value;
      const double b = scalar_is_left ? value : scalars[step];
      if (!compares) {
        value = Arithmetic(node.op, a, b);
      } else if (node.return_bool) {
        value = Compare(node.op, a, b) ? 1 : 0;
      } else if (!Compare(node.op, a, b)) {
        series.present[step] = 0;  // what is kept is the vector's value, on whichever side it stands
      }
    }
  }
  MergeEqualLabels(vector.vector);
  return vector;
}

Value Evaluator::VectorBinary(const Binary& node, const Value& left, const Value& right) {
  const bool one_is_left = node.matching.cardinality == VectorMatching::Cardinality::kOneToMany;
  const bool one_to_one = node.matching.cardinality == VectorMatching::Cardinality::kOneToOne;
  const StepVector& many = one_is_left ? right.vector : left.vector;
  const StepVector& one = one_is_left ? left.vector : right.vector;

  // Where there is nothing to match, duplicates do no harm.
  const std::vector<uint8_t> many_present = PresentSteps(many, step_count_);
  std::unordered_map<Labels, std::vector<const StepSeries*>, storage::LabelsHash> one_by_key;
  for (const StepSeries& series : one) {
    auto& group = one_by_key[MatchKey(node.matching, series.labels)];
    for (const StepSeries* other : group) {
      for (size_t step = 0; step < step_count_; ++step) {
        if (series.present[step] == 0 || other->present[step] == 0 || many_present[step] == 0) continue;
        throw EvalError("found duplicate series for the match group " +
                        InBraces(MatchKey(node.matching, series.labels)) + " on the " +
                        (one_is_left ? "left" : "right") + " hand-side of the operation: [" + InBraces(series.labels) +
                        ", " + InBraces(other->labels) +
                        "];many-to-many matching not allowed: matching labels must be unique on one side");
      }
    }
    group.push_back(&series);
  }

  // Steps at which a match group (one to one) or a result series (grouped) has its value already.
  std::unordered_map<Labels, std::vector<uint8_t>, storage::LabelsHash> taken;
  Value result;
  for (const StepSeries& series : many) {
    CheckDeadline();
    const Labels key = MatchKey(node.matching, series.labels);
    const auto group = one_by_key.find(key);
    if (group == one_by_key.end()) continue;
    for (const StepSeries* partner : group->second) {
      StepSeries* output = nullptr;
      const Labels labels = ResultLabels(node, series.labels, partner->labels);
      std::vector<uint8_t>& used = taken.try_emplace(one_to_one ? key : labels, step_count_, uint8_t{0}).first->second;
      for (size_t step = 0; step < step_count_; ++step) {
        if (series.present[step] == 0 || partner->present[step] == 0) continue;
        const double a = one_is_left ? partner->values[step] : series.values[step];
        const double b = one_is_left ? series.values[step] : partner->values[step];
        double value = a;
        if (!IsComparison(node.op)) {
          value = Arithmetic(node.op, a, b);
        } else if (node.return_bool) {
          value = Compare(node.op, a, b) ? 1 : 0;
        } else if (!Compare(node.op, a, b)) {
          continue;
        }
        if (used[step] != 0) {
          throw EvalError(
              one_to_one ? "multiple matches for labels: many-to-one matching must be explicit (group_left/group_right)"
                         : "multiple matches for labels: grouping labels must ensure unique matches");
        }
        used[step] = 1;
        if (output == nullptr) output = &AddSeries(result.vector, labels);
        output->Set(step, value);
      }
    }
  }
  MergeEqualLabels(result.vector);
  return result;
}

Value Evaluator::SetBinary(const Binary& node, Value left, Value right) const {
  // Which match groups are there at which steps, on the side that decides.
  const StepVector& deciding = node.op == BinaryOp::kOr ? left.vector : right.vector;
  std::unordered_map<Labels, std::vector<uint8_t>, storage::LabelsHash> present_by_key;
  for (const StepSeries& series : deciding) {
    std::vector<uint8_t>& present =
        present_by_key.try_emplace(MatchKey(node.matching, series.labels), step_count_, uint8_t{0}).first->second;
    for (size_t step = 0; step < step_count_; ++step) present[step] |= series.present[step];
  }
  StepVector& filtered = node.op == BinaryOp::kOr ? right.vector : left.vector;
  const bool keep_when_present = node.op == BinaryOp::kAnd;
  for (StepSeries& series : filtered) {
    const auto it = present_by_key.find(MatchKey(node.matching, series.labels));
    for (size_t step = 0; step < step_count_; ++step) {
      const bool is_there = it != present_by_key.end() && it->second[step] != 0;
      if (is_there != keep_when_present) series.present[step] = 0;
    }
  }
  if (node.op == BinaryOp::kOr) {
    std::ranges::move(right.vector, std::back_inserter(left.vector));
    MergeEqualLabels(left.vector);
  }
  return left;
}

}  // namespace tidemark::promql
