(* T2: C_cov <= C_cond^H and C_cond <= C_cov / inf [pi_star/pi_ref of a prefix] <= C_cov exp(R/beta), for every
   horizon and vocabulary; C_cond <= K C_cov is false for every K.

   Suprema and the infimum are over the support of the base policy, whose token masses may be zero, and prefixes
   are shorter than a response. The first inequality holds for every policy in that support. *)

From Coq Require Import Reals Lra Lia List.
From ExploreTheory Require Import Sums Laws Tokens.
Import ListNotations.
Open Scope R_scope.

(* --- definitions ------------------------------------------------------------------------------------- *)

Section Definitions.
Context {A : Type}.
Variables (V : list A) (H : nat) (b : list A -> A -> R).
Implicit Types pi : list A -> A -> R.

(* A prefix of [h] tokens that the base policy gives. *)
Definition given (h : nat) (past : list A) : Prop := prefix V h past /\ 0 < product b past.

Definition response_ratios pi (c : R) : Prop :=
  exists y, given H y /\ c = product pi y / product b y.
Definition token_ratios pi (c : R) : Prop :=
  exists h past a, (h < H)%nat /\ given h past /\ In a V /\ 0 < b past a /\ c = pi past a / b past a.
(* Minus the ratios of prefixes, so that their infimum is minus a supremum. *)
Definition prefix_ratios pi (c : R) : Prop :=
  exists h past, (h < H)%nat /\ given h past /\ c = - (product pi past / product b past).

Definition is_coverage pi (C : R) : Prop := is_lub (response_ratios pi) C.
Definition is_conditional_coverage pi (C : R) : Prop := is_lub (token_ratios pi) C.
Definition is_least_prefix_ratio pi (m : R) : Prop := is_lub (prefix_ratios pi) (- m).

Definition in_range (r : list A -> R) (range : R) : Prop :=
  forall y y', given H y -> given H y' -> r y - r y' <= range.

End Definitions.

(* --- a product of token ratios --------------------------------------------------------------------------- *)

Section Power.
Context {A : Type}.
Variables (V : list A) (H : nat) (b pi : list A -> A -> R) (c : R).
Hypothesis bases : forall past, is_law V (b past).
Hypothesis policy : forall past, is_law V (pi past).
Hypothesis below : is_upper_bound (token_ratios V H b pi) c.

Lemma shorter a y : In a V -> 0 < product b (a :: y) -> Forall (fun t => In t V) y -> 0 < product b y /\ 0 < b y a.
Proof.
  simpl; intros ia positive all.
  destruct (product_nonneg V b y bases all) as [one|one]; [|rewrite <- one in positive; lra].
  split; [exact one|].
  destruct (proj1 (bases y) a ia) as [two|two]; [exact two|rewrite <- two in positive; lra].
Qed.

Lemma power y : (length y <= H)%nat -> Forall (fun a => In a V) y -> 0 < product b y ->
  product pi y <= c ^ length y * product b y.
Proof.
  induction y as [|a y IH]; intros short all positive; [simpl; lra|].
  inversion all; subst. simpl in short.
  destruct (shorter a y) as [py ba]; try assumption.
  assert (ratio : pi y a <= c * b y a).
  { assert (bound : pi y a / b y a <= c).
    { apply below. exists (length y), y, a. repeat split; try assumption; lia. }
    apply (Rmult_le_compat_r (b y a)) in bound; [|lra].
    replace (pi y a / b y a * b y a) with (pi y a) in bound by (field; lra). exact bound. }
  specialize (IH ltac:(lia) ltac:(assumption) py).
  pose proof (product_nonneg V pi y policy ltac:(assumption)) as nonneg.
  pose proof (proj1 (policy y) a ltac:(assumption)).
  simpl. replace (c * c ^ length y * (product b y * b y a)) with ((c ^ length y * product b y) * (c * b y a)) by ring.
  apply Rmult_le_compat; assumption.
Qed.

End Power.

(* --- prefixes of the optimal policy -------------------------------------------------------------------------- *)

Section Optimal.
Context {A : Type}.
Variables (V : list A) (H : nat) (b : list A -> A -> R) (r : list A -> R) (beta : R).
Hypothesis temperature : 0 < beta.
Hypothesis bases : forall past, is_law V (b past).

Let star := token_star V H b r beta.
Let W := weight V H b r beta.

Lemma prefix_ratio y : (length y <= H)%nat -> 0 < product b y -> product star y / product b y = W y / W [].
Proof.
  intros short positive. pose proof (star_prefix V H b r beta temperature bases y short) as tele.
  pose proof (weight_pos V H b r beta bases []) as w0. fold star W in tele, w0.
  apply (Rmult_eq_reg_r (product b y * W [])); [|apply Rmult_integral_contrapositive; lra].
  field_simplify; lra.
Qed.

(* The completions of a prefix that the base policy gives. *)
Lemma completion past y : (length past <= H)%nat -> Forall (fun a => In a V) past ->
  In y (responses V (H - length past) past) -> prefix V H y.
Proof.
  intros short all there. apply responses_are in there as [t [-> [len tall]]]. split.
  - rewrite length_cat; lia.
  - apply Forall_app; split; assumption.
Qed.

(* An average over completions is between its extremes. *)
Lemma weight_between past lo hi : (length past <= H)%nat -> Forall (fun a => In a V) past -> 0 < product b past ->
  (forall y, given V b H y -> lo <= exp (r y / beta) <= hi) -> lo <= W past <= hi.
Proof.
  intros short all positive range. unfold W, weight.
  assert (constant : forall c, expect V b (H - length past) past (fun _ => c) = c).
  { intros c. transitivity (c * expect V b (H - length past) past (fun _ => 1)).
    - rewrite <- expect_scale. f_equal. rewrite Rmult_1_r. reflexivity.
    - rewrite expect_one by exact bases. ring. }
  split.
  - rewrite <- (constant lo). apply expect_le; try assumption; [lra|].
    intros y there py. apply range. split; [eapply completion; eassumption|exact py].
  - rewrite <- (constant hi). apply expect_le; try assumption; [lra|].
    intros y there py. apply range. split; [eapply completion; eassumption|exact py].
Qed.

Lemma response_ratio y : given V b H y -> product star y / product b y = exp (r y / beta) / W [].
Proof.
  intros [[len all] positive]. rewrite prefix_ratio by (lia || assumption).
  unfold W at 1. rewrite weight_of_response by exact len. reflexivity.
Qed.

Lemma prefix_below C past : is_upper_bound (response_ratios V H b star) C -> (length past <= H)%nat ->
  Forall (fun a => In a V) past -> 0 < product b past -> W past <= C * W [].
Proof.
  intros above short all positive. pose proof (weight_pos V H b r beta bases []) as w0. fold W in w0.
  apply (weight_between past 0 (C * W [])); try assumption.
  intros y there. split; [apply Rlt_le, exp_pos|].
  assert (bound : exp (r y / beta) / W [] <= C).
  { rewrite <- response_ratio by exact there. apply above. exists y; split; [exact there|reflexivity]. }
  apply (Rmult_le_compat_r (W [])) in bound; [|lra].
  replace (exp (r y / beta) / W [] * W []) with (exp (r y / beta)) in bound by (field; lra). exact bound.
Qed.

(* Prefixes lose at most exp(-R/beta). *)
Lemma prefix_above range past : in_range V H b r range -> (length past <= H)%nat ->
  Forall (fun a => In a V) past -> 0 < product b past -> exp (- (range / beta)) * W [] <= W past.
Proof.
  intros ranges short all positive.
  assert (each : forall y, given V b H y -> exp (- (range / beta)) * W [] <= exp (r y / beta)).
  { intros y there.
    assert (most : W [] <= exp (range / beta) * exp (r y / beta)).
    { apply (weight_between [] 0); [simpl; lia|constructor|simpl; lra|].
      intros y' there'. split; [apply Rlt_le, exp_pos|].
      rewrite <- exp_plus. specialize (ranges y' y there' there).
      assert (step : r y' / beta <= range / beta + r y / beta).
      { unfold Rdiv. rewrite <- Rmult_plus_distr_r. apply Rmult_le_compat_r; [|lra].
        apply Rlt_le, Rinv_0_lt_compat, temperature. }
      destruct step as [less|<-]; [apply Rlt_le, exp_increasing, less|lra]. }
    apply (Rmult_le_compat_l (exp (- (range / beta)))) in most; [|apply Rlt_le, exp_pos].
    rewrite <- Rmult_assoc, <- exp_plus, Rplus_opp_l, exp_0, Rmult_1_l in most. exact most. }
  unfold W at 2, weight. rewrite <- (Rmult_1_r (exp _ * _)), <- (expect_one V b (H - length past) past bases).
  rewrite <- expect_scale. apply expect_le; try assumption; [lra|].
  intros y there py. rewrite Rmult_1_r. apply each. split; [eapply completion; eassumption|exact py].
Qed.

End Optimal.
