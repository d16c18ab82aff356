"""Random expressions that are well typed, over the series of tests/conformance/test_promql.py."""

SELECTORS = ["temp", 'temp{instance="a"}', 'temp{room!~"ra|rb"}', "cpu_seconds_total", 'cpu_seconds_total{mode="user"}', 'cpu_seconds_total{instance=~"a|c", mode!="idle"}', "latency_bucket",
             'latency_bucket{le="1"}', "special", 'special{kind="neg"}', "short", "info", "nothing", '{__name__=~"te.*|info"}']
LABELS = ["instance", "mode", "room", "le", "kind", "version", "a", "absent_label"]
DURATIONS = ["30s", "1m", "90s", "2m30s", "5m", "10m", "20m"]
STEPS = ["15s", "20s", "1m", ""]  #: no longer than sub-queries: without a step Prometheus evaluates what has an @ all the same
NUMBERS = ["0", "1", "2", "0.5", "-1", "3.7", "1e3", "0x1F", "20", "100", "Inf", "NaN", "-Inf", "1e-3"]
MATH = ["abs", "ceil", "floor", "exp", "sqrt", "ln", "log2", "log10", "sgn", "asin", "acos", "atan", "sinh", "cosh", "tanh", "asinh", "acosh", "atanh", "deg", "rad", "sort", "sort_desc",
        "minute", "hour", "day_of_week", "day_of_month", "day_of_year", "days_in_month", "month", "year", "absent", "round"]
RANGE = ["rate", "increase", "delta", "irate", "idelta", "deriv", "sum_over_time", "avg_over_time", "min_over_time", "max_over_time", "count_over_time", "last_over_time", "present_over_time", "stddev_over_time",
         "stdvar_over_time", "changes", "resets", "absent_over_time"]
AGGREGATES = ["sum", "avg", "min", "max", "count", "group", "stddev", "stdvar"]
ARITHMETIC = ["+", "-", "*", "/", "%", "^", "atan2"]
COMPARISONS = ["==", "!=", ">", "<", ">=", "<="]


class Generator:
    """expression() gives one; dice: a random.Random, so that a seed gives the same ones again."""

    def __init__(self, dice):
        self.dice = dice
        self.at_allowed = True

    def expression(self):
        return self.dice.choice([self.vector, self.vector, self.vector, self.vector, self.scalar])(self.dice.randint(1, 4))

    def one(self, options):
        return self.dice.choice(options)

    def shift(self, with_at=True):
        offset = self.one(["", "", "", "", " offset " + self.one(DURATIONS), " offset -" + self.one(DURATIONS)])
        return self.one(["", "", " @ 1700001000", " @ start()", " @ end()"]) + offset if with_at and self.at_allowed else offset

    def labels(self):
        return ", ".join(self.dice.sample(LABELS, self.dice.randint(0, 3)))

    def grouping(self):
        return self.one(["", f" by ({self.labels()})", f" without ({self.labels()})"])

    def matching(self):
        join = self.one(["on", "ignoring"]) + f" ({self.labels()})"
        return self.one(["", "", join, join, join + self.one([" group_left", " group_right"]) + self.one(["", " (version)", " ()"])])

    def scalar(self, depth):
        if depth <= 0:
            return self.one([*NUMBERS, "time()", "pi()"])
        inner = lambda: self.scalar(depth - 1)
        return self.one([inner, lambda: f"scalar({self.vector(depth - 1)})", lambda: f"({inner()} {self.one(ARITHMETIC)} {inner()})", lambda: f"({inner()} {self.one(COMPARISONS)} bool {inner()})", lambda: f"-({inner()})"])()

    def matrix(self, depth, with_at=True):
        if depth <= 0 or self.dice.random() < 0.7:
            return f"{self.one(SELECTORS)}[{self.one(DURATIONS)}]{self.shift(with_at)}"
        # Inside a sub-query Prometheus 2.42 reads what has an @ from a time that is off by the sub-query's range.
        outer, self.at_allowed = self.at_allowed, False
        inner = self.vector(depth - 1)
        self.at_allowed = outer
        return f"({inner})[{self.one(DURATIONS[1:])}:{self.one(STEPS)}]{self.shift(with_at)}"

    def vector(self, depth):
        if depth <= 0:
            return self.one(SELECTORS) + self.shift()
        vector, scalar, matrix = (lambda make=make: make(depth - 1) for make in (self.vector, self.scalar, self.matrix))
        # Of a range query over f(x[1m] @ end(), scalar) Prometheus 2.42 gives the first step only.
        matrix_of_two = lambda: self.matrix(depth - 1, with_at=False)
        forms = [
            lambda: f"{self.one(MATH)}({vector()})",
            # Not of what may be large: there the last digit of a number decides.
            lambda: f"{self.one(['sin', 'cos'])}({self.one(SELECTORS)})",
            # Not of what has an @: Prometheus 2.42 forgets the offset beside it.
            lambda: f"timestamp({self.one([self.one(SELECTORS) + self.one(['', ' offset 1m', ' offset -2m']), f'-{vector()}'])})",
            lambda: f"{self.one(RANGE)}({matrix()})",
            lambda: f"{self.one(RANGE)}({matrix()})",
            lambda: f"quantile_over_time({scalar()}, {matrix_of_two()})",
            lambda: f"predict_linear({matrix_of_two()}, {self.one(['60', '3600', '-30'])})",
            lambda: f"holt_winters({matrix_of_two()}, 0.3, 0.6)",
            lambda: f"{self.one(AGGREGATES)}{self.grouping()} ({vector()})",
            lambda: f"{self.one(AGGREGATES)}{self.grouping()} ({vector()})",
            # A number: whether the aggregation is the same at all steps Prometheus 2.42 decides without its parameter.
            lambda: f"quantile{self.grouping()} ({self.one(NUMBERS)}, {vector()})",
            lambda: f"{self.one(['topk', 'bottomk'])}{self.grouping()} ({self.dice.randint(0, 4)}, {self.one(SELECTORS)})",
            # Its label comes last: Prometheus 2.42 forgets labels of the grouping that come after it, from the second step on.
            lambda: f'count_values{self.grouping()} ("zz", round({self.one(SELECTORS)}))',
            lambda: f"({vector()} {self.one(ARITHMETIC)} {scalar()})",
            lambda: f"({scalar()} {self.one(ARITHMETIC)} {vector()})",
            lambda: f"({vector()} {self.one(COMPARISONS)}{self.one(['', ' bool'])} {scalar()})",
            lambda: f"({vector()} {self.one(ARITHMETIC)} {self.matching()} {vector()})",
            lambda: f"({vector()} {self.one(COMPARISONS)}{self.one(['', ' bool'])} {self.matching()} {vector()})",
            lambda: f"({vector()} {self.one(['and', 'or', 'unless'])} {self.one(['', f'on ({self.labels()})', f'ignoring ({self.labels()})'])} {vector()})",
            lambda: f"-{vector()}",
            lambda: f"vector({scalar()})",
            lambda: f"clamp({vector()}, {scalar()}, {scalar()})",
            lambda: f"{self.one(['clamp_min', 'clamp_max', 'round'])}({vector()}, {scalar()})",
            lambda: f'label_replace({vector()}, "{self.one(["x", "instance"])}", "$1-x", "{self.one(LABELS)}", "(.*)")',
            lambda: f'label_join({vector()}, "{self.one(["x", "mode"])}", "/", "{self.one(LABELS)}", "{self.one(LABELS)}")',
            lambda: f"histogram_quantile({scalar()}, rate(latency_bucket[{self.one(DURATIONS)}]))",
            lambda: f"histogram_quantile(0.9, {vector()})",
        ]
        return self.one(forms)()
