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

(* --- a product of token ratios ----------------------------------------------------------------------- *)

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

(* --- prefixes of the optimal policy ------------------------------------------------------------------ *)

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

(* --- the claim --------------------------------------------------------------------------------------- *)

Lemma divide_bound a b c : 0 < b -> a <= c * b -> a / b <= c.
Proof.
  intros positive bound. apply (Rmult_le_reg_r b); [exact positive|].
  unfold Rdiv. rewrite Rmult_assoc, Rinv_l by lra. lra.
Qed.

Theorem t2 {A : Type} (V : list A) (H : nat) (b : list A -> A -> R) (r : list A -> R) (beta range : R) :
  0 < beta -> (forall past, is_law V (b past)) -> in_range V H b r range ->
  let star := token_star V H b r beta in
  (forall pi C Ccond, (forall past, is_law V (pi past)) ->
    is_coverage V H b pi C -> is_conditional_coverage V H b pi Ccond -> C <= Ccond ^ H) /\
  (forall C Ccond m,
    is_coverage V H b star C -> is_conditional_coverage V H b star Ccond -> is_least_prefix_ratio V H b star m ->
    0 < m /\ Ccond <= C / m <= C * exp (range / beta)).
Proof.
  intros temperature bases ranges star. split.
  - intros pi C Ccond policy [_ least] [above _]. apply least.
    intros c [y [[[len all] positive] ->]]. apply divide_bound; [exact positive|].
    rewrite <- len. apply (power V H b pi Ccond); try assumption. lia.
  - intros C Ccond m [above _] [_ cleast] [mabove mleast].
    pose proof (weight_pos V H b r beta bases []) as w0.
    assert (low : exp (- (range / beta)) <= m).
    { apply Ropp_le_cancel, mleast. intros c [h [past [short [[[len all] positive] ->]]]].
      apply Ropp_le_contravar. unfold star. rewrite prefix_ratio by (lia || assumption).
      apply (Rmult_le_reg_r (weight V H b r beta [])); [exact w0|].
      unfold Rdiv at 2. rewrite Rmult_assoc, Rinv_l, Rmult_1_r by lra.
      apply prefix_above; lia || assumption. }
    pose proof (exp_pos (- (range / beta))). assert (mpos : 0 < m) by lra.
    destruct (sum_pos_inv (responses V H []) (product b)) as [y [there py]].
    { rewrite (proj2 (product_law V b H bases)); lra. }
    apply whole_responses in there.
    assert (Cpos : 0 <= C).
    { apply (Rle_trans _ (product star y / product b y)).
      - apply Rlt_le. unfold star. rewrite response_ratio by (try assumption; split; assumption).
        apply Rdiv_lt_0_compat; [apply exp_pos|exact w0].
      - apply above. exists y; split; [split; assumption|reflexivity]. }
    split; [exact mpos|split].
    + apply cleast. intros c [h [past [a [short [[[len all] positive] [ia [ba ->]]]]]]].
      apply divide_bound; [exact ba|].
      unfold star. rewrite star_is by (lia || assumption).
      pose proof (weight_pos V H b r beta bases past) as wp.
      assert (next : weight V H b r beta (a :: past) <= C * weight V H b r beta []).
      { apply prefix_below; try assumption; [simpl; lia|constructor; assumption|].
        simpl. apply Rmult_lt_0_compat; assumption. }
      assert (here : m * weight V H b r beta [] <= weight V H b r beta past).
      { assert (ratio : m <= weight V H b r beta past / weight V H b r beta []).
        { rewrite <- prefix_ratio by (lia || assumption). apply Ropp_le_cancel, mabove.
          exists h, past. repeat split; assumption. }
        apply (Rmult_le_compat_r (weight V H b r beta [])) in ratio; [|lra].
        unfold Rdiv in ratio. rewrite Rmult_assoc, Rinv_l, Rmult_1_r in ratio by lra. exact ratio. }
      rewrite (Rmult_comm (C / m)). unfold Rdiv at 1. rewrite Rmult_assoc.
      apply Rmult_le_compat_l; [lra|]. apply divide_bound; [exact wp|].
      apply (Rle_trans _ (C * weight V H b r beta [])); [exact next|].
      unfold Rdiv. rewrite Rmult_assoc. apply Rmult_le_compat_l; [exact Cpos|].
      apply (Rmult_le_reg_l m); [exact mpos|]. rewrite <- Rmult_assoc, Rinv_r by lra. lra.
    + unfold Rdiv at 1. apply Rmult_le_compat_l; [exact Cpos|].
      rewrite <- (Ropp_involutive (range / beta)), exp_Ropp. apply Rinv_le_contravar; assumption.
Qed.

(* --- a false variant: C_cond <= factor C_cov, refuted for every factor ------------------------------- *)

Definition always (factor : R) : Prop :=
  forall (V : list nat) H b r beta C Ccond, 0 < beta -> (forall past, is_law V (b past)) ->
  is_coverage V H b (token_star V H b r beta) C ->
  is_conditional_coverage V H b (token_star V H b r beta) Ccond -> Ccond <= factor * C.

Section Unbounded.
(* Two layers of two tokens. One response in K^2 starts with 0, and one in K^2 of these ends with 1; what starts
   with 0 and ends with 0 has exp(r/beta) = 1, everything else K. *)
Variable K : R.
Hypothesis large : 3 < K.

Let rare := 1 / (K * K).
Definition seldom (past : list nat) : nat -> R :=
  match past with [O] => table [1 - rare; rare] | _ => table [rare; 1 - rare] end.
Definition tilt (y : list nat) : R := match y with [O; O] => 0 | _ => ln K end.
Let V : list nat := [0; 1]%nat.
Let W := weight V 2 seldom tilt 1.
Let star := token_star V 2 seldom tilt 1.

Lemma rare_is : 0 < rare /\ rare * K * K = 1 /\ rare < 1 / 9 /\ rare * K < 1 / 3.
Proof.
  assert (square : 9 < K * K) by (apply (Rlt_trans _ (3 * K)); [lra|apply Rmult_lt_compat_r; lra]).
  unfold rare. repeat split.
  - apply Rdiv_lt_0_compat; lra.
  - field; lra.
  - unfold Rdiv. rewrite !Rmult_1_l. apply Rinv_lt_contravar; lra.
  - replace (1 / (K * K) * K) with (/ K) by (field; lra).
    unfold Rdiv. rewrite Rmult_1_l. apply Rinv_lt_contravar; lra.
Qed.

Lemma seldom_law past : is_law V (seldom past).
Proof.
  destruct rare_is as (positive & _ & small & _).
  unfold seldom. destruct past as [|[|] [|]]; split; try (intros ? [<-|[<-|[]]]; cbv [table nth]; lra);
    cbv [sum V table nth]; lra.
Qed.

Lemma weights : W [1; 0]%nat = K /\ W [0%nat] = 1 - rare + rare * K /\ (1 - rare) * K <= W [].
Proof.
  destruct rare_is as (positive & _ & small & _).
  assert (one : exp (ln K / 1) = K) by (replace (ln K / 1) with (ln K) by field; apply exp_ln; lra).
  assert (zero : exp (0 / 1) = 1) by (replace (0 / 1) with 0 by field; apply exp_0).
  unfold W, weight, V; simpl. cbv [tilt seldom table nth]. rewrite one, zero.
  repeat split; try ring.
  assert (0 <= rare * ((1 - rare) * 1 + (rare * K + 0))).
  { assert (0 < rare * K) by (apply Rmult_lt_0_compat; lra). apply Rmult_le_pos; lra. }
  lra.
Qed.

Lemma ratio_of_token : star [0%nat] 1%nat / seldom [0%nat] 1%nat = K / (1 - rare + rare * K).
Proof.
  destruct rare_is as (positive & _ & small & _). destruct weights as (up & down & _).
  assert (0 < rare * K) by (apply Rmult_lt_0_compat; lra).
  unfold star. rewrite star_is by (apply seldom_law || (simpl; lia) || lra). fold W. rewrite up, down.
  change (seldom [0%nat] 1%nat) with rare. field. lra.
Qed.

Lemma coverage_below : is_upper_bound (response_ratios V 2 seldom star) (1 / (1 - rare)).
Proof.
  destruct rare_is as (positive & _ & small & _). destruct weights as (_ & _ & whole).
  assert (0 < (1 - rare) * K) by (apply Rmult_lt_0_compat; lra).
  intros c [y [there ->]]. unfold star.
  rewrite (response_ratio V 2 seldom tilt 1 Rlt_0_1 seldom_law y there). fold W.
  apply divide_bound; [lra|].
  apply (Rle_trans _ (1 / (1 - rare) * ((1 - rare) * K))).
  - replace (1 / (1 - rare) * ((1 - rare) * K)) with K by (field; lra).
    replace (tilt y / 1) with (tilt y) by field.
    assert (exp (ln K) = K) by (apply exp_ln; lra).
    unfold tilt. destruct y as [|[|] [|[|] [|]]]; try rewrite exp_0; lra.
  - apply Rmult_le_compat_l; [|exact whole]. apply Rlt_le, Rdiv_lt_0_compat; lra.
Qed.

Lemma conditional_bounded : is_upper_bound (token_ratios V 2 seldom star) (K * K).
Proof.
  destruct rare_is as (positive & whole & small & _).
  intros c [h [past [a [_ [_ [ia [ba ->]]]]]]].
  assert (star_one : star past a <= 1).
  { rewrite <- (proj2 (star_law V 2 seldom tilt 1 seldom_law past)).
    apply sum_term_le; [apply star_law, seldom_law|exact ia]. }
  apply divide_bound; [exact ba|]. apply (Rle_trans _ 1); [exact star_one|].
  assert (rare <= seldom past a).
  { destruct ia as [<-|[<-|[]]]; unfold seldom; destruct past as [|[|] [|]]; cbv [table nth]; lra. }
  rewrite <- whole at 1. rewrite Rmult_assoc, Rmult_comm.
  apply Rmult_le_compat_l; [|assumption]. apply Rmult_le_pos; lra.
Qed.

(* The ratio of the coverages is at least K - 1. *)
Lemma far_apart factor : always factor -> K - 1 <= factor.
Proof.
  intros says. destruct rare_is as (positive & whole & small & less).
  assert (token : token_ratios V 2 seldom star (K / (1 - rare + rare * K))).
  { exists 1%nat, [0%nat], 1%nat. rewrite <- ratio_of_token.
    split; [lia|]. split; [split; [split; [reflexivity|repeat constructor]|]|].
    - cbv [product seldom table nth]; lra.
    - split; [right; left; reflexivity|split; [exact positive|reflexivity]]. }
  assert (some : given V seldom 2 [1; 1]%nat).
  { split; [split; [reflexivity|repeat constructor; right; left; reflexivity]|].
    cbv [product seldom table nth]. rewrite Rmult_1_l. apply Rmult_lt_0_compat; lra. }
  destruct (completeness (response_ratios V 2 seldom star)) as [C cover].
  { exists (1 / (1 - rare)); exact coverage_below. }
  { eexists. exists [1; 1]%nat. split; [exact some|reflexivity]. }
  destruct (completeness (token_ratios V 2 seldom star)) as [Cc cond].
  { exists (K * K); exact conditional_bounded. }
  { eexists; exact token. }
  pose proof (says V 2%nat seldom tilt 1 C Cc Rlt_0_1 seldom_law cover cond) as bound.
  assert (high : K / (1 - rare + rare * K) <= Cc) by (apply cond, token).
  assert (low : C <= 1 / (1 - rare)) by (apply cover, coverage_below).
  assert (0 < C).
  { apply (Rlt_le_trans _ (product star [1; 1]%nat / product seldom [1; 1]%nat)).
    - unfold star. rewrite (response_ratio V 2 seldom tilt 1 Rlt_0_1 seldom_law _ some).
      apply Rdiv_lt_0_compat; [apply exp_pos|apply weight_pos, seldom_law].
    - apply cover. exists [1; 1]%nat; split; [exact some|reflexivity]. }
  assert (0 < rare * K) by (apply Rmult_lt_0_compat; lra).
  assert (far : (K - 1) * (1 / (1 - rare)) <= K / (1 - rare + rare * K)).
  { apply (Rmult_le_reg_r ((1 - rare) * (1 - rare + rare * K))); [apply Rmult_lt_0_compat; lra|].
    replace ((K - 1) * (1 / (1 - rare)) * ((1 - rare) * (1 - rare + rare * K)))
      with ((K - 1) * (1 - rare + rare * K)) by (field; lra).
    replace (K / (1 - rare + rare * K) * ((1 - rare) * (1 - rare + rare * K)))
      with (K * (1 - rare)) by (field; lra).
    replace ((K - 1) * (1 - rare + rare * K)) with (K - 2 * (rare * K) + rare * K * K - 1 + rare) by ring.
    assert (rare * 1 <= rare * K) by (apply Rmult_le_compat_l; lra). lra. }
  destruct (Rle_lt_dec (K - 1) factor) as [|short]; [assumption|exfalso].
  assert (factor * C < (K - 1) * C) by (apply Rmult_lt_compat_r; assumption).
  assert ((K - 1) * C <= (K - 1) * (1 / (1 - rare))) by (apply Rmult_le_compat_l; lra).
  lra.
Qed.

End Unbounded.

Theorem no_factor factor : ~ always factor.
Proof.
  intros says.
  assert (large : 3 < Rmax 3 factor + 2) by (pose proof (Rmax_l 3 factor); lra).
  pose proof (far_apart (Rmax 3 factor + 2) large factor says) as far.
  pose proof (Rmax_r 3 factor). lra.
Qed.

Theorem not_below_responses : ~ always 1.
Proof. apply no_factor. Qed.

Theorem not_below_twice : ~ always 2.
Proof. apply no_factor. Qed.
